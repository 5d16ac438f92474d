"""What the notebooks of *Vision-Language Models from scratch, in JAX* import.

Imports point one way: ``world``, ``nn``, ``metrics``, ``training`` ← ``models`` ← ``experiments``, ``show`` ←
``exercises`` ← notebooks. ``instructor`` stands apart and is never loaded by a learner.
"""
