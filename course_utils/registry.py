"""The course's notebooks. A new one is one line here, and modules of its own that are named after its topic."""

# notebook number → topic: its module in ``models``, ``experiments``, ``experiments.canaries``, ``exercises`` and ``show``
TOPICS = {
    "00": "start_here",
    "01": "fusion",
    "02": "captioning",
    "03": "dual_encoder",
    "04": "fusion_encoder",
    "06": "flamingo",
    "07": "llava",
}
