"""What cannot be read as a file is refused in one sentence that says where, why and what to do."""

import pytest

from server.imports.csv_file import COLUMNS_MAX, FILE_BYTES_MAX, LINE_LETTERS_MAX, ROWS_MAX, ImportFileError, read_table

REFUSED = {
    "nothing": (b"", "the file is empty"),
    "header alone": (b"a,b\n", "no rows below it"),
    "windows-1252": (b"a,b\n1,caf\xe9\n", "line 2, byte 6: 0xe9 is not UTF-8; the file may be in Windows-1252"),
    "utf-16": ("a,b\n1,2\n".encode("utf-16"), "is in UTF-16"),
    "workbook": (b"PK\x03\x04abc", "is a workbook, not CSV"),
    "zero byte": (b"a,b\n1,\x00\n", "line 2 holds a zero byte"),
    "open quote": (b'a,b\n1,"2\n', "cannot be read"),
    "huge line": (b"a,b\n1," + b"x" * LINE_LETTERS_MAX, "line 2 has"),
    "huge cell": (b'a,b\n1,"' + b"x\n" * 100_000 + b'"\n', "cannot be read (field larger"),
    "twice": (b"a,a\n1,2\n", "the column a stands there more than once"),
    "nameless twice": (b"a,,\n1,2,3\n", "a column without a name"),
    "columns": (",".join(map(str, range(COLUMNS_MAX + 1))).encode() + b"\n1\n", "more than 200"),
    "rows": (b"a,b\n" + b"1,2\n" * (ROWS_MAX + 1), "more than 100000 rows"),
    "bytes": (b"a" * (FILE_BYTES_MAX + 1), "split it in several"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_with_the_place(case):
    data, words = REFUSED[case]
    with pytest.raises(ImportFileError) as caught:
        read_table(data)
    assert words in str(caught.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(delimiter, mark, end):
    text = end.join([f"a{delimiter}b", f'"1{delimiter}2"{delimiter} é ', delimiter, f'x{delimiter}"two{end}lines"', ""])
    table = read_table(mark + text.encode())
    assert table.columns == ["a", "b"]
    assert [line.cells for line in table.lines] == [[f"1{delimiter}2", "é"], ["x", f"two{end}lines"]]
    assert [line.number for line in table.lines] == [2, 5]
