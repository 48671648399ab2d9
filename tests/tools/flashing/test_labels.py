"""Labels: read back with a real QR reader."""

import pytest
import zxingcpp
from PIL import Image

from tools.flashing.errors import InputError
from tools.flashing.labels import DOTS_PER_MM, address_of, write_labels

BASE = "https://pet.example.org"


def codes(path):
    return sorted(code.text for code in zxingcpp.read_barcodes(Image.open(path).convert("L")))


def test_every_code_of_a_sheet_reads_back(tmp_path):
    serials = [f"PET-{number:04}" for number in range(1, 25)]
    assert write_labels(tmp_path / "sheet.png", serials, BASE) == [tmp_path / "sheet.png"]
    assert codes(tmp_path / "sheet.png") == [f"{BASE}/d/{serial}" for serial in serials]


def test_thirty_devices_take_two_pages(tmp_path):
    serials = [f"24:0A:C4:00:00:{number:02X}" for number in range(30)]
    pages = write_labels(tmp_path / "sheet.png", serials, f"{BASE}/")
    assert [page.name for page in pages] == ["sheet.png", "sheet-2.png"]
    assert sorted(text for page in pages for text in codes(page)) == sorted(address_of(each, BASE) for each in serials)
    write_labels(tmp_path / "sheet.pdf", serials, BASE)
    assert (tmp_path / "sheet.pdf").read_bytes().count(b"/MediaBox") == 2


def test_a_long_serial_stands_in_two_lines_that_can_be_read(tmp_path):
    """By the height of its letters in print: one line of it would be smaller than the address below."""

    def printed_mm(serial):
        [file] = write_labels(tmp_path / "sheet.png", [serial], BASE)
        column = Image.open(file).convert("L").crop((430, 290, 830, 400))  # beside the code, above the address
        _, top, _, bottom = column.point(lambda light: 255 - light).getbbox()
        return (bottom - top) / DOTS_PER_MM

    assert printed_mm("PET-0001") < 5
    assert printed_mm("ABCDEFGHIJKLMNOPQRSTUVWXYZ123456") > 4.5
    assert codes(tmp_path / "sheet.png") == [f"{BASE}/d/ABCDEFGHIJKLMNOPQRSTUVWXYZ123456"]


def test_signs_of_a_serial_cannot_change_the_address():
    assert address_of("A/../B?c#d", BASE) == f"{BASE}/d/A%2F..%2FB%3Fc%23d"


def test_what_cannot_be_a_sheet_is_refused(tmp_path):
    with pytest.raises(InputError, match="no serials"):
        write_labels(tmp_path / "sheet.pdf", [], BASE)
    with pytest.raises(InputError, match=r"\.pdf or \.png"):
        write_labels(tmp_path / "sheet.gif", ["A"], BASE)
    with pytest.raises(InputError, match="too long"):
        write_labels(tmp_path / "sheet.pdf", ["W" * 64], BASE)
