"""Rows of tables that we made up, with questions that they answer and near ones that they do not.

A reader that has seen only running text takes a row such as "Room: Kelso, Floor: 2" for no answer. Here a row is asked
for a cell by its name, for its name by a cell, and for something that the table does not say.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MadeRow:
    """A question, a text as it is read (title, newline, row or whole table), and whether the text answers the question."""

    question: str
    text: str
    answers: bool


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its heading, its values ("{}" stands for a number), and how it is asked for.

    `forward` asks for the cell of a row ({name}), `backward` for the row of a cell ({value}); both may be empty.
    """

    heading: str
    values: Sequence[str]
    forward: Sequence[str] = ()
    backward: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Table:
    """A kind of table: titles, the heading of its first column, names of rows, other columns, and what it never says."""

    titles: Sequence[str]
    thing: str
    names: Sequence[str]
    columns: Sequence[_Column]
    unsaid: Sequence[str]


_TREES = "Birch Rowan Alder Juniper Larch Aspen Hawthorn Yew Elder Chestnut Linden Poplar".split()
_PEOPLE = "Okafor Lindqvist Moreau Tanaka Alvarez Novak Haddad Brennan Costa Petrov Singh Weber".split()
_TOWNS = "Ashford Bramley Corby Dunmore Eastwick Fenton Gorsley Harwell Ilminster Kelso Ludlow Marlow".split()

_TABLES = (
    _Table(
        ("Evening classes", "Courses this term", "What we teach"),
        "Course",
        ("Pottery", "Watercolour", "Welsh", "Bookkeeping", "First aid", "Choir", "Chess", "Sewing", "Astronomy", "Baking"),
        (
            _Column(
                "Day", ("Mondays", "Thursdays", "Saturdays"), ("On which day is {name}?", "When does the {name} course meet?")
            ),
            _Column("Fee", ("{} euros", "£{}"), ("What does the {name} course cost?", "How much is {name}?")),
            _Column(
                "Teacher",
                tuple(_PEOPLE),
                ("Who teaches {name}?", "Who gives the course in {name}?"),
                ("Which course does {value} teach?", "What does {value} teach?"),
            ),
            _Column("Places", ("{}",), ("How many people may take {name}?", "How many places has {name}?")),
            _Column("Course number", ("K{}", "20{}"), ("What is the course number of {name}?",), ("Which course is {value}?",)),
        ),
        (
            "Do I need my own material for {name}?",
            "Is there a test at the end of {name}?",
            "Can beginners take {name}?",
            "What happens if I miss an evening of {name}?",
            "Which book is used in {name}?",
            "May children come to {name}?",
        ),
    ),
    _Table(
        ("Walks in the park", "Trails", "Marked paths"),
        "Trail",
        _TREES,
        (
            _Column("Distance", ("{} km", "{} miles"), ("How long is the {name} trail?", "How far is it on {name}?")),
            _Column("Time", ("{} hours", "{} minutes"), ("How long does {name} take?", "How much time do I need for {name}?")),
            _Column(
                "Starts at",
                ("car park {}", "gate {}", "hut {}"),
                ("Where does {name} start?",),
                ("Which trail starts at {value}?",),
            ),
            _Column("Sign", ("red {}", "W{}", "blue {}"), ("What sign marks {name}?",), ("Which trail has the sign {value}?",)),
        ),
        (
            "Are dogs allowed on {name}?",
            "Can I push a pram along {name}?",
            "Who looks after the {name} trail?",
            "Is {name} closed in winter?",
            "Is there water on {name}?",
            "When was {name} opened?",
        ),
    ),
    _Table(
        ("Tools to borrow", "Devices that we lend", "The tool library"),
        "Tool",
        ("Drill", "Ladder", "Hedge trimmer", "Sander", "Projector", "Jigsaw", "Tent", "Pressure washer", "Mixer", "Trolley"),
        (
            _Column(
                "Loan period", ("{} days", "{} hours"), ("How long may I keep the {name}?", "For how long is the {name} lent?")
            ),
            _Column(
                "Shelf",
                ("R{}", "{}C"),
                ("On which shelf is the {name}?", "Where do I find the {name}?"),
                ("What is on shelf {value}?",),
            ),
            _Column("Late fee", ("{} euros a day", "£{} a day"), ("What does it cost to return the {name} late?",)),
            _Column(
                "Inventory number",
                ("1{}", "T-{}"),
                ("What is the inventory number of the {name}?",),
                ("Which tool is {value}?",),
            ),
        ),
        (
            "Who made the {name}?",
            "What does the {name} weigh?",
            "How old is the {name}?",
            "Does the {name} need a permit?",
            "Who repairs the {name}?",
            "Can the {name} be sent to me?",
        ),
    ),
    _Table(
        ("Rooms to book", "Meeting rooms", "Rooms of the town hall"),
        "Room",
        _TOWNS,
        (
            _Column("Seats", ("{}", "{} people"), ("How many people fit into {name}?", "How big is room {name}?")),
            _Column(
                "Floor",
                ("floor {}", "level {}"),
                ("On which floor is {name}?", "Where do I find the room {name}?"),
                ("Which room is on {value}?",),
            ),
            _Column(
                "Phone",
                ("ext. {}", "{}"),
                ("What is the phone number of room {name}?", "How do I call {name}?"),
                ("Which room has the number {value}?",),
            ),
            _Column(
                "Equipment",
                ("projector", "video wall", "whiteboard", "none", "piano"),
                ("What equipment has {name}?",),
                ("Which room has a {value}?",),
            ),
        ),
        (
            "Who cleans {name}?",
            "Can I eat in {name}?",
            "What does {name} cost in the evening?",
            "Is there daylight in {name}?",
            "Who has the key to {name}?",
            "When was {name} painted?",
        ),
    ),
    _Table(
        ("Offices and opening hours", "Where we are", "Branches"),
        "Branch",
        _TOWNS,
        (
            _Column("Opens", ("{} am",), ("When does the branch in {name} open?", "From what time is {name} open?")),
            _Column(
                "Telephone",
                ("555-01{}", "01632 96{}"),
                ("What is the number of the {name} branch?", "How do I phone {name}?"),
                ("Which branch has the number {value}?",),
            ),
            _Column(
                "Manager",
                tuple(_PEOPLE),
                ("Who runs the {name} branch?", "Who is the manager in {name}?"),
                ("Which branch does {value} run?", "Where does {value} work as manager?"),
            ),
            _Column(
                "Postcode",
                ("AB{} 4XY", "{}"),
                ("What is the postcode of {name}?",),
                ("Which branch has the postcode {value}?",),
            ),
        ),
        (
            "Is there parking at the {name} branch?",
            "Is the {name} branch open on holidays?",
            "How many people work in {name}?",
            "Can I pay in cash in {name}?",
            "Which bus goes to the {name} branch?",
            "Does {name} have a lift?",
        ),
    ),
    _Table(
        ("People to ask", "Contacts", "Who does what"),
        "Name",
        _PEOPLE,
        (
            _Column(
                "Role",
                ("treasurer", "registrar", "safety officer", "caretaker", "head of payroll", "archivist"),
                ("What does {name} do?", "What is the role of {name}?"),
                ("Who is the {value}?", "Who works as {value}?"),
            ),
            _Column(
                "Extension",
                ("{}",),
                ("What is the extension of {name}?", "How can I call {name}?"),
                ("Who has extension {value}?", "Whose number is {value}?"),
            ),
            _Column(
                "Office",
                ("room {}", "B {}"),
                ("Where does {name} sit?", "In which office is {name}?"),
                ("Who sits in {value}?",),
            ),
            _Column("Days", ("Monday to Wednesday", "Tuesdays", "Fridays", "every day"), ("When is {name} there?",)),
        ),
        (
            "What does {name} earn?",
            "Who stands in for {name}?",
            "How long has {name} worked here?",
            "Is {name} on holiday?",
            "Which languages does {name} speak?",
            "When is {name}'s birthday?",
        ),
    ),
    _Table(
        ("Fees", "What it costs", "Charges"),
        "Service",
        (
            "Copy of a certificate",
            "Change of address",
            "Replacement card",
            "Late renewal",
            "Parking permit",
            "Dog licence",
            "Library card",
            "Moving permit",
            "Street party",
            "Name change",
        ),
        (
            _Column("Fee", ("{} euros", "${}", "free"), ("How much is a {name}?", "What does a {name} cost?")),
            _Column("Time", ("{} days", "{} weeks"), ("How long does a {name} take?", "How many days do I wait for a {name}?")),
            _Column(
                "Form", ("F-{}", "Form {}", "{}B"), ("Which form do I need for a {name}?",), ("What is form {value} for?",)
            ),
        ),
        (
            "Can I pay for a {name} by card?",
            "Who signs a {name}?",
            "Is a {name} valid abroad?",
            "Can a friend collect a {name}?",
            "Will I get a refund for a {name}?",
            "Do students pay less for a {name}?",
        ),
    ),
    _Table(
        ("Error codes", "Messages of the device", "What the display says"),
        "Code",
        ("E01", "E07", "E12", "E15", "E21", "F3", "F9", "H40", "P2", "U18"),
        (
            _Column(
                "Meaning",
                ("no paper", "door open", "motor too hot", "no network", "low battery", "filter blocked"),
                ("What does {name} mean?", "The display shows {name}, what is that?"),
                ("Which code means {value}?", "What code is shown for {value}?"),
            ),
            _Column(
                "What to do",
                ("restart the device", "call the service", "close the lid", "wait {} minutes", "clean the filter"),
                ("What do I do about {name}?", "How do I get rid of {name}?"),
            ),
        ),
        (
            "Since which version is there {name}?",
            "How often does {name} come up?",
            "Does {name} cost the guarantee?",
            "Who wrote down {name}?",
            "Can I switch {name} off for good?",
        ),
    ),
    _Table(
        ("Leave", "Days off", "Absence of staff"),
        "Reason",
        ("Wedding", "Moving house", "Birth of a child", "Bereavement", "Jury duty", "Exam", "Blood donation", "Volunteering"),
        (
            _Column(
                "Days",
                ("{} days", "{} working days", "half a day"),
                ("How many days off do I get for {name}?", "How long may I be away for {name}?"),
            ),
            _Column("Paid", ("yes", "no", "half"), ("Is time off for {name} paid?", "Do I get paid leave for {name}?")),
            _Column("Proof", ("certificate", "letter", "none", "form {}"), ("What proof is needed for {name}?",)),
        ),
        (
            "Does {name} count in part-time?",
            "Who approves leave for {name}?",
            "Can I take days for {name} later?",
            "Do trainees get days for {name}?",
            "Is {name} leave the same abroad?",
        ),
    ),
    _Table(
        ("Products", "Price list", "Spare parts"),
        "Article",
        ("Hose", "Valve", "Gasket", "Filter", "Pump", "Lamp", "Belt", "Bracket", "Fuse", "Handle"),
        (
            _Column(
                "Number",
                ("4{}", "AX-{}", "{}-00"),
                ("What is the article number of the {name}?",),
                ("What is article {value}?", "Which part has the number {value}?"),
            ),
            _Column("Price", ("{} euros", "${}", "£{}"), ("How much is the {name}?", "What does a {name} cost?")),
            _Column("In stock", ("{}", "none", "on order"), ("How many {name}s are in stock?", "Is the {name} in stock?")),
            _Column("Weight", ("{} g", "{} kg"), ("How heavy is the {name}?", "What does the {name} weigh?")),
        ),
        (
            "Who makes the {name}?",
            "How long is the guarantee on the {name}?",
            "How do I fit the {name}?",
            "Is there a {name} in red?",
            "Where is the {name} made?",
            "Can I return a {name}?",
        ),
    ),
)


def made_rows(number: int, chances: random.Random) -> Iterator[MadeRow]:
    """So many rows, half of which answer."""
    for n in range(number):
        table = chances.choice(_TABLES)
        columns = chances.sample(table.columns, chances.randint(min(2, len(table.columns)), len(table.columns)))
        names = chances.sample(table.names, chances.randint(3, 6))
        rows = [[name, *map(_cell(chances), columns)] for name in names]
        yield _asked(table, columns, rows, chances, answers=n % 2 == 0)


def _cell(chances: random.Random) -> Callable[[_Column], str]:
    return lambda column: chances.choice(column.values).format(chances.randint(2, 99))


def _asked(
    table: _Table, columns: Sequence[_Column], rows: Sequence[Sequence[str]], chances: random.Random, *, answers: bool
) -> MadeRow:
    """A question about the first of some rows, with that row; one in four that does not answer is asked of the whole table."""
    name, *cells = rows[0]
    headings = [table.thing, *(column.heading for column in columns)]
    title = chances.choice(table.titles)
    row = f"{title}\n" + ", ".join(f"{heading}: {cell}" for heading, cell in zip(headings, rows[0], strict=True))
    others = [column for column in table.columns if column not in columns]
    if answers:
        column, cell = chances.choice(list(zip(columns, cells, strict=True)))
        asks_back = column.backward and chances.random() < 0.5
        question = chances.choice(column.backward if asks_back else column.forward)
        return MadeRow(question.format(name=name, value=cell), row, answers=True)
    unsaid = [*table.unsaid, *(question for column in others for question in column.forward)]
    question = chances.choice(unsaid).format(name=name)
    if chances.random() < 0.25:
        lines = [" | ".join(line) for line in [headings, *rows[1:]]]
        asked = [question, *(q.format(name=name) for column in columns for q in column.forward)]
        return MadeRow(chances.choice(asked), f"{title}\n" + "\n".join(lines), answers=False)
    return MadeRow(question, row, answers=False)
