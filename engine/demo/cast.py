"""The film's three characters. Only the film has brow markings, and only its heroine."""

from engine.demo.drawing.character import Character

NAGISA = Character(
    name="nagisa",
    hair="blue hair",
    eyes="red eyes",
    length="medium hair",
    bangs="parted bangs",
    outfit="school uniform",
    accent="red",
    accessories=frozenset({"brow markings"}),
    seed=11,
)
SORA = Character(
    name="sora",
    hair="orange hair",
    eyes="green eyes",
    length="long hair",
    bangs="blunt bangs",
    hairstyle="twintails",
    outfit="hoodie",
    cloth="green",
    accent="yellow",
    accessories=frozenset({"glasses"}),
    seed=12,
)
KAITO = Character(
    name="kaito",
    boy=True,
    hair="black hair",
    eyes="brown eyes",
    length="short hair",
    bangs="swept bangs",
    outfit="blazer",
    accent="blue",
    seed=13,
)
CAST = (NAGISA, SORA, KAITO)
