"""How the table beside a package file is laid out: by it the device finds pictures without parsing the package again.

To prove a package takes long and much memory, and a device that wakes has neither. The table names its package by the
package's CRC-32, so that it is never taken for another's. Layout (little-endian): head; the pictures that are needed
whatever language is chosen (of a questionnaire: start and name of each language; of texts: the texts); then for each
language its pictures. Each of these parts is followed by its CRC-32.
"""

from protocol.screen import HEIGHT, WIDTH

PICTURE_BYTES_MAX = WIDTH // 8 * HEIGHT  # the whole screen
ENTRY = "<IBBBB"  # offset, width, height, face, language: a picture in 8 bytes, where a list of numbers takes 80
ENTRY_BYTES = 8
TABLE_SUFFIX = ".tab"
TABLE_MAGIC = b"TAB1"
# magic, CRC-32 of the package, where its pictures begin, reference, kind, languages, common pictures, questions,
# options of each question, title
HEAD = "<4sIIHBBBB12s18s"
HEAD_BYTES = 48
CRC_BYTES = 4
OF_PATIENTS = 0  # the kind of package
OF_AUDIT = 1
OF_TEXTS = 2
