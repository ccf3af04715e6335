"""The film's cast: three with names, the heroine in two outfits, and three in the background without. Only the film
has brow markings, and only its heroine."""

from dataclasses import replace

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
NAGISA_ON_HOLIDAY = replace(NAGISA, outfit="dress", cloth="white")
PRESIDENT = Character(
    hair="black hair",
    eyes="purple eyes",
    length="long hair",
    bangs="blunt bangs",
    outfit="school uniform",
    accent="yellow",
    accessories=frozenset({"hair ribbon"}),
    seed=14,
)
CLASSMATE = Character(
    hair="brown hair",
    eyes="yellow eyes",
    length="long hair",
    bangs="swept bangs",
    hairstyle="braid",
    outfit="dress",
    cloth="pink",
    accessories=frozenset({"blush"}),
    seed=15,
)
NEIGHBOUR = Character(
    boy=True,
    hair="blonde hair",
    eyes="blue eyes",
    length="short hair",
    bangs="parted bangs",
    outfit="hoodie",
    cloth="red",
    seed=16,
)
EXTRAS = (PRESIDENT, CLASSMATE, NEIGHBOUR)
