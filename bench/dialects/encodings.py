"""What bytes stand for letters, and files that are no text."""

import random

from dialects.case import AB, case, group, reads, refuses

TEXT = "a,b\n1,2\n3,4\n"
UTF16 = "UTF-16"

ENCODINGS = group(
    "Encodings and other bytes",
    case("BOM", "\ufeff" + TEXT, "The mark is no part of the first name.", reads(AB)),
    case("two BOMs", "\ufeff\ufeff" + TEXT, "Files were put together; neither mark is part of the first name.", reads(AB)),
    case("UTF-16 LE", ("\ufeff" + TEXT).encode("utf-16-le"), "Only UTF-8 is read; it is told how to convert.",
         refuses(UTF16, "iconv"), holds=AB),
    case("UTF-16 BE", ("\ufeff" + TEXT).encode("utf-16-be"), "Only UTF-8 is read; it is told how to convert.",
         refuses(UTF16, "iconv"), holds=AB),
    case("UTF-32 LE", ("\ufeff" + TEXT).encode("utf-32-le"), "Only UTF-8 is read; it is told how to convert.",
         refuses("UTF-32", "iconv"), holds=AB),
    case("UTF-32 BE", ("\ufeff" + TEXT).encode("utf-32-be"), "Only UTF-8 is read; it is told how to convert.",
         refuses("UTF-32", "iconv"), holds=AB),
    case("UTF-16 LE without a mark", TEXT.encode("utf-16-le"), "Its NUL bytes are told, and what it may be.",
         refuses("NUL", UTF16), holds=AB),
    case("UTF-16 BE without a mark", TEXT.encode("utf-16-be"), "Its NUL bytes are told, and what it may be.",
         refuses("NUL", UTF16), holds=AB),
    case("Latin-1 name", "größe,b\n1,2\n3,4\n".encode("latin-1"), "The numbers are read, and the bytes of the name are shown.",
         reads({"gr\\xf6\\xdfe": [1, 3], "b": [2, 4]}), by_place=True),
    case("Latin-1 text", "a,t,b\n1,größe,2\n3,x,4\n".encode("latin-1"), "The numbers are read; the text is left out.", reads(AB)),
    case("NUL in a field", "a,t,b\n1,x\0y,2\n3,z,4\n", "No text holds a NUL byte.", refuses("line 2", "NUL")),
    case("NULs at the end", TEXT + "\0" * 512, "A file that a crash padded.", refuses("NUL"), holds=AB),
    case("random bytes", bytes(random.Random(7).randbytes(2000)), "It is no table.", refuses("NUL"), hidden=True),
    case("Excel workbook", b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0" + bytes(60), "It is no text, and it is told what it is.",
         refuses("ZIP", "xlsx"), suffix=".xlsx", hidden=True),
    case("zip", b"PK\x03\x04\x14\0\0\0\x08\0\0\0!\0" + bytes(60), "It is no text, and it is told what it is.",
         refuses("ZIP"), hidden=True),
    case("PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", "It is no table of numbers.",
         refuses("no column of numbers"), hidden=True),
    case("web page", "<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "It is no table of numbers.",
         refuses("no column of numbers")),
    case("no-break space", "a,b\n1,\u00a02\n3,4\n", "The space is part of the cell, which is no number; it is told.",
         reads(a=[1, 3], says="b: not a number"), holds=AB),
    case("Arabic digits", "a,b\n1,\u0662\n3,\u0664\n", "Only the digits 0 to 9 make a number.",
         reads(a=[1, 3], says="b: not a number"), holds={"a": [1, 3]}),
)

GROUPS = [ENCODINGS]
