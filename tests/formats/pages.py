"""Twenty short pages of a swimming pool, each with a question that one of its passages answers."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its title, its parts, and a question with words that stand in the passage that answers it.

    A part is a paragraph (a text), a list (a tuple of texts) or a table (a list of rows, the first of which names the columns).
    """

    title: str
    parts: Sequence[str | tuple[str, ...] | list[tuple[str, ...]]]
    question: str
    answer: str


PAGES = (
    Page(
        "Opening hours in summer",
        ["From May to September the pool opens at seven in the morning and closes at nine in the evening."],
        "At what time does the pool open in summer?",
        "opens at seven in the morning",
    ),
    Page(
        "Tickets and prices",
        [
            "Tickets are sold at the gate.",
            [("Ticket", "Price"), ("Adult", "6 francs"), ("Child under twelve", "3 francs"), ("Ten visits", "50 francs")],
        ],
        "How much is a ticket for ten visits?",
        "50 francs",
    ),
    Page(
        "Lost property",
        ["Things that are found on the lawn are kept in the cabin of the lifeguard for thirty days, and then given away."],
        "How long are lost things kept?",
        "thirty days",
    ),
    Page(
        "Learning to swim",
        [
            "Courses for beginners take place twice a week.",
            ("Children from five years on meet on Mondays.", "Grown-ups meet on Thursday evenings."),
        ],
        "On which day do grown-ups learn to swim?",
        "Thursday evenings",
    ),
    Page(
        "Dogs and other animals",
        ["Dogs have to stay outside the fence. Guide dogs for the blind may come in, but not into the water."],
        "May I bring a guide dog?",
        "Guide dogs for the blind may come in",
    ),
    Page(
        "Lockers",
        ["A locker needs a coin of two francs, which comes back when it is opened. Lockers are emptied every night."],
        "Which coin do I need for a locker?",
        "a coin of two francs",
    ),
    Page(
        "Thunderstorms",
        ["When lightning comes near, everybody has to leave the water until half an hour after the last thunder."],
        "When may we go back into the water after a thunderstorm?",
        "half an hour after the last thunder",
    ),
    Page(
        "The water",
        [
            "The water is tested each morning.",
            [("Basin", "Temperature"), ("Sports basin", "24 degrees"), ("Basin for toddlers", "30 degrees")],
        ],
        "How warm is the basin for toddlers?",
        "30 degrees",
    ),
    Page(
        "Diving boards",
        ["The board of five metres is open on weekends only, and nobody under ten may jump from it."],
        "How old must children be to jump from the five metre board?",
        "nobody under ten may jump from it",
    ),
    Page(
        "Getting here by bus",
        ["Bus number 17 stops at the gate every twenty minutes. The last one to the station leaves at a quarter past nine."],
        "When does the last bus to the station leave?",
        "a quarter past nine",
    ),
    Page(
        "Parking bicycles",
        ["There are racks for two hundred bicycles behind the pump house. Bicycles left overnight are removed."],
        "Where can I park my bicycle?",
        "behind the pump house",
    ),
    Page(
        "The café",
        [
            "The café serves warm meals at noon.",
            ("Soup and bread are served until two.", "Ice cream is sold all day.", "No alcohol is served to swimmers."),
        ],
        "Until when is soup served in the café?",
        "Soup and bread are served until two",
    ),
    Page(
        "Birthday parties",
        ["A party for up to fifteen children can be booked with Mrs. Keller, at least two weeks before the day."],
        "With whom do I book a birthday party?",
        "Mrs. Keller",
    ),
    Page(
        "First aid",
        ["The first aid room is beside the showers for men. A nurse is there in July and August."],
        "Where is the first aid room?",
        "beside the showers for men",
    ),
    Page(
        "Renting a lounger",
        ["Loungers are rented for four francs a day. They must not be reserved with towels before ten."],
        "What does it cost to rent a lounger?",
        "four francs a day",
    ),
    Page(
        "Taking photographs",
        ["Photographs of other people need their consent. Drones are forbidden over the whole ground."],
        "Are drones allowed?",
        "Drones are forbidden",
    ),
    Page(
        "Season pass",
        ["The season pass has a photograph and is valid for one person. A lost pass is replaced for ten francs."],
        "What does it cost to replace a lost season pass?",
        "replaced for ten francs",
    ),
    Page(
        "The slide",
        ["The slide is eighty metres long. Wait for the green light, and go down feet first."],
        "How long is the slide?",
        "eighty metres long",
    ),
    Page(
        "Winter swimming",
        ["From November to March the small basin stays open for members of the winter club, on Sundays from eight to ten."],
        "Who may swim in winter?",
        "members of the winter club",
    ),
    Page(
        "Complaints",
        ["Write complaints to the board of the pool, at board@pool.example; you get an answer within five working days."],
        "How soon are complaints answered?",
        "within five working days",
    ),
)
