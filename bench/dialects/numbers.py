"""Spellings of numbers, and texts that look like them."""

from dialects.case import case, group, reads, refuses

#: The number halfway between 1 and the next double, whose 53 digits behind the point decide by what follows them.
HALF = "1.00000000000000011102230246251565404236316680908203125"


def one(name, text, value, right="The nearest double."):
    """A table of one number: its mean is that number to the bit."""
    return case(name, f"a\n{text}\n", right, reads(a=[value]), hidden=len(text) > 40)


def like(name, text, noun=None, value=None, right="It is no number; the column is left out, aloud."):
    """A column of such texts is no column of numbers; what it probably is, `noun`, is told. `value` is what others may make of it."""
    says = ("b: not a number", noun) if noun else ("b: not a number",)
    holds = {"a": [1, 2], "b": [value, value]} if value is not None else {"a": [1, 2]}
    quoted = f'"{text}"' if "," in text else text
    return case(name, f"a,b\n1,{quoted}\n2,{quoted}\n", right, reads(a=[1, 2], says=says), holds=holds)


NUMBERS = group(
    "Numbers",
    one("plus", "+1", 1),
    one("plus in the exponent", "1e+2", 100),
    one("no digit before the point", ".5", 0.5),
    one("no digit after the point", "5.", 5),
    one("capital E", "1E-3", 0.001),
    one("spaces around", "  2  ", 2, "The spaces are no part of the number."),
    one("minus zero", "-0", -0.0),
    one("leading zeros", "007", 7, "The number seven; a code that must not be one is left out by name."),
    one("17 digits", "0.30000000000000004", 0.1 + 0.2),
    one("17 digits with exponent", "1.7976931348623157e308", 1.7976931348623157e308),
    one("2^53 + 1", "9007199254740993", 9007199254740992, "The nearest double, ties to even."),
    one("2^53 + 3", "9007199254740995", 9007199254740996, "The nearest double, ties to even."),
    one("2^63", "9223372036854775808", 2.0**63),
    one("2^64", "18446744073709551616", 2.0**64),
    one("30 digits", "123456789012345678901234567890", 123456789012345678901234567890.0),
    one("halfway, 800 digits, up", HALF + "0" * 745 + "1", 1.0000000000000002),
    one("halfway exactly", HALF, 1.0, "The nearest double, ties to even."),
    one("halfway, 800 digits, exactly", HALF + "0" * 746, 1.0, "The nearest double, ties to even."),
    one("half the smallest and a bit", "2.4703282292062328e-324", 5e-324),
    one("half the smallest, not quite", "2.4703282292062327e-324", 0.0),
    one("smallest normal, from below", "2.2250738585072011e-308", 2.225073858507201e-308),
    one("1e23", "1e23", 1e23),
    one("8.5e22 as digits", "85000000000000000000000", 8.5e22),
    one("400 zeros and an exponent", "0." + "0" * 400 + "1e401", 1.0),
    one("1e-400", "1e-400", 0.0),
    case("1e400", "a,b\n1,2\n3,1e400\n", "No double is near.", refuses("row 2 (line 3)", "out of range"),
         holds={"a": [1, 3], "b": [2, None]}),
    case("digits out of range", "a,b\n1,2\n3," + "9" * 400 + "\n", "No double is near.",
         refuses("row 2 (line 3)", "out of range"), holds={"a": [1, 3], "b": [2, None]}, hidden=True),
    case("decimal comma, semicolons", "a;b\n1,5;2,25\n3,5;4,75\n", "Numbers with a decimal comma.",
         reads(a=[1.5, 3.5], b=[2.25, 4.75])),
    case("decimal comma, told", "a;b\n1,5;2\n3;4,75\n", "Numbers with a decimal comma.", reads(a=[1.5, 3], b=[2, 4.75]),
         told={"delimiter": ";", "decimal": ","}),
    case("decimal comma, tabs", "a\tb\n1,5\t2,25\n3,5\t4,75\n", "Numbers with a decimal comma.",
         reads(a=[1.5, 3.5], b=[2.25, 4.75]), suffix=".tsv", told={"delimiter": "\t", "decimal": ","}),
    case("decimal comma, quoted", 'a,b\n1,"2,25"\n3,"4,75"\n', "It is told that decimals need a point, or --decimal.",
         reads(a=[1, 3], says="a decimal comma"), holds={"a": [1, 3], "b": [2.25, 4.75]}),
)

TOLD = "It is no number; the column is left out, and what it looks like is told."
WORDS = "Words are no numbers; --categorical uses them."
LOOK_ALIKES = group(
    "Texts that look like numbers",
    like("thousands", "1,234", "thousands separators", 1234, "It is told, and never taken for 1.234."),
    like("thousands and decimals", "1,234.5", "thousands separators", 1234.5, TOLD),
    like("thousands of space", "1 234", value=1234),
    like("thousands of apostrophe", "1'234", value=1234),
    like("percent", "12%", "a percent sign", right=TOLD),
    like("currency", "$12"),
    like("currency behind", "12 €"),
    like("hexadecimal", "0x1F", "a hexadecimal number", 31, TOLD),
    like("underscore", "1_000", "underscores between digits", 1000, TOLD),
    like("typographic minus", "\u22125", "a typographic minus", -5, TOLD),
    like("d exponent", "1d5", "a d exponent", 1e5, TOLD),
    like("minus behind", "5-"),
    like("in parentheses", "(5)"),
    like("two points", "1.2.3"),
    like("two signs", "--1"),
    like("fraction", "1/2"),
    like("unit", "5kg"),
    like("f suffix", "1.5f"),
    like("exponent without digits", "1e"),
    like("formula of Excel", '="1"'),
    like("true and false", "true", right=WORDS),
    like("yes and no", "yes", right=WORDS),
    like("date", "2024-01-02"),
    like("date and time", "2024-01-02T03:04:05Z"),
    like("day and month", "01/02/2024"),
    like("time", "12:30"),
    case("look-alike far down", "a,b\n" + "1,2\n" * 1500 + "1,0x1F\n", "The cell is named.",
         refuses("row 1501 (line 1502)", '"0x1F" is not a number', "decimal"), hidden=True,
         holds={"a": [1] * 1501, "b": [2] * 1500 + [31]}),
)

GROUPS = [NUMBERS, LOOK_ALIKES]
