"""The figures, the diagram and the widget of notebook 01."""
