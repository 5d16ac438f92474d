"""What scenes are made of: kinds, colours, sizes, places, words on signs, and what is known about the kinds."""

KINDS = (
    *("dog", "cat", "frog", "tiger", "bee", "fish", "snake", "turtle", "penguin"),
    *("banana", "strawberry", "watermelon", "pizza", "doughnut", "mushroom"),
    *("bus", "car", "bicycle", "motorcycle", "sailboat", "rocket", "airplane", "tulip", "tree", "cactus"),
    *("trumpet", "guitar", "crown", "balloon", "key", "umbrella", "house"),
)
# English names of the kinds' artwork, where they are others
_ARTWORK = {"bee": "honeybee", "car": "automobile", "tree": "deciduous tree"}
ARTWORK = tuple(_ARTWORK.get(kind, kind) for kind in KINDS)

# name → sRGB, 0..255. Chosen on contact sheets: every kind stays recognisable in each of them, large and small.
_RGB = {
    "red": (222, 38, 43),
    "yellow": (250, 212, 25),
    "green": (45, 165, 65),
    "blue": (40, 105, 225),
    "purple": (140, 60, 190),
    "pink": (245, 120, 180),
}
COLOURS = tuple(_RGB)
RGB = tuple(_RGB.values())

SIZES = ("small", "large")

# the nine places of a scene, row by row
PLACES = ("top left", "top", "top right", "left", "middle", "right", "bottom left", "bottom", "bottom right")

# what a sign in a scene may say
WORDS = ("stop", "go", "open", "exit", "milk", "tea", "sale", "taxi", "zoo", "park") + tuple(str(n) for n in range(10, 20))

# knowledge: a property that no picture shows → the kinds that have it
KNOWLEDGE = {
    "you can eat": ("banana", "strawberry", "watermelon", "pizza", "doughnut", "mushroom"),
    "is an animal": ("dog", "cat", "frog", "tiger", "bee", "fish", "snake", "turtle", "penguin"),
    "is a vehicle": ("bus", "car", "bicycle", "motorcycle", "sailboat", "rocket", "airplane"),
    "is a plant": ("tulip", "tree", "cactus"),
    "makes music": ("trumpet", "guitar"),
    "has wheels": ("bus", "car", "bicycle", "motorcycle"),
    "lays eggs": ("frog", "bee", "fish", "snake", "turtle", "penguin"),
}
