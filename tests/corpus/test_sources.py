import base64
import gzip
import json
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packing import Packed

from harness.errors import HarnessError
from harness.show.corpus import archives, pieces
from harness.show.corpus import lines as of_lines
from harness.show.corpus.pieces import Piece
from harness.show.corpus.sources import Corpus
from harness.sim.traffic import Sent
from harness.wire.mllp import frame
from harness.wire.transcript import Journal, Record

A, B = b"MSH|^~\\&|A\r", b"MSH|^~\\&|B\r"


def read(*paths: Path) -> list[Piece]:
    return list(Corpus(paths).pieces())


def told(piece: Piece) -> str:
    assert piece.raw == b""
    assert piece.trouble
    assert piece.trouble.fr
    return piece.trouble.en


def test_a_folder_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in ("b.hl7", "a/z.er7", "a.er7", "notes.md", "a/sub/c.XML"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(A)
    corpus = Corpus([tmp_path])
    found = list(corpus.pieces())
    names = [Path(piece.name).relative_to(tmp_path).as_posix() for piece in found]
    assert names == ["a/sub/c.XML", "a/z.er7", "a.er7", "b.hl7"]
    assert [piece.index for piece in found] == [1, 2, 3, 4]
    assert corpus.aside.total() == 1


def test_the_blocks_of_a_file_are_numbered(tmp_path: Path) -> None:
    file = tmp_path / "capture.mllp"
    file.write_bytes(frame(A) + b"\n" + frame(B))
    assert [(p.name, p.raw) for p in read(file)] == [(f"{file}#1", A), (f"{file}#2", B)]
    file.write_bytes(frame(A))
    assert [(p.name, p.raw) for p in read(file)] == [(str(file), A)]


def test_a_block_cut_short_is_told(tmp_path: Path) -> None:
    file = tmp_path / "capture.mllp"
    file.write_bytes(frame(A) + b"\x0bMSH|^~")
    whole, cut = read(file)
    assert whole.raw == A
    assert "cut short" in told(cut)
    file.write_bytes(b"\x0bMSH|^~")  # without any whole block, the bytes are what there is
    assert [piece.raw for piece in read(file)] == [b"\x0bMSH|^~"]


def test_a_file_beyond_the_limit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pieces, archives, of_lines):
        monkeypatch.setattr(module, "LIMIT", 100)
    (tmp_path / "a.er7").write_bytes(A * 30)
    (tmp_path / "b.er7").write_bytes(A)
    (tmp_path / "c.mllp").write_bytes(frame(A * 30))
    large, small, block = read(tmp_path)
    assert "larger than" in told(large)
    assert small.raw == A
    assert "larger than" in told(block)


@pytest.mark.parametrize("ending", ["", ".gz", ".xz"])
def test_lines_however_they_are_packed(tmp_path: Path, ending: str) -> None:
    rows = ["plain", {"raw": "x", "name": "n", "flow": "A", "more": 1}]
    rows.append({"raw_base64": base64.b64encode(b"\xe9").decode()})
    text = "\n\n".join(json.dumps(row) for row in rows).encode()
    packed = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}[ending](text)
    file = tmp_path / f"rows.ndjson{ending}"
    file.write_bytes(packed)
    found = [(piece.name.removeprefix(str(file)), piece.raw, piece.flow) for piece in read(file)]
    assert found == [(":1", b"plain", ""), (":3:n", b"x", "A"), (":5", b"\xe9", "")]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "not JSON"),
        ("[1]", "`raw` or `raw_base64`"),
        ("{}", "`raw` or `raw_base64`"),
        ('{"raw_base64": "?"}', "does not do"),
        ('{"raw_base64": 3}', "does not do"),
        ('{"raw": "\\ud800"}', "does not do"),
        ('{"raw": "x", "name": []}', "does not do"),
        ("[" * 100_000, "not JSON"),
        ("\x80", "not JSON"),
    ],
)
def test_a_line_that_is_no_message_is_told_and_the_next_is_read(
    tmp_path: Path, line: str, says: str
) -> None:
    file = tmp_path / "rows.ndjson"
    file.write_bytes(line.encode("latin-1") + b'\n"x"\n')
    wrong, right = read(file)
    assert says in told(wrong)
    assert (right.name, right.raw) == (f"{file}:2", b"x")


@given(st.binary(max_size=300))
def test_any_bytes_of_lines_are_read(data: bytes) -> None:
    import io

    for piece in of_lines.of_ndjson("x", io.BytesIO(data)):
        assert (piece.trouble is None) or piece.raw == b""


def test_a_journal_has_each_message_once(tmp_path: Path) -> None:
    file = tmp_path / "journal.ndjson"
    with Journal(file, sync=False) as journal:
        journal.append(Record("t", "run"))
        journal.append(Record("t", "message", direction="out", actor="ris", flow="A", data=A))
        journal.append(Record("t", "message", direction="in", actor="platform", flow="A", data=A))
        journal.append(Record("t", "ack", direction="out", actor="platform", flow="A", data=B))
        journal.append(Record("t", "message", direction="out", flow="C", data=B))
        wrong = {"deliberate": "yes"}
        journal.append(Record("t", "message", direction="out", flow="D", data=B, facts=wrong))
    corpus = Corpus([file])
    found = [(piece.flow, piece.raw) for piece in corpus.pieces()]
    assert found == [("A", A), ("ACK", B), ("C", B)]
    assert corpus.aside.total() == 1


def test_archives_give_their_messages(tar: Packed, zipped: Packed) -> None:
    members = {"x/a.er7": A, "notes.txt.md": b"", "b.mllp": frame(A) + frame(B)}
    for file in (tar(members), zipped(members)):
        corpus = Corpus([file])
        found = [(p.name.removeprefix(f"{file}/"), p.raw) for p in corpus.pieces()]
        assert found == [("x/a.er7", A), ("b.mllp#1", A), ("b.mllp#2", B)]
        assert corpus.aside.total() == 1


def test_names_of_members_are_only_shown(tar: Packed, zipped: Packed, tmp_path: Path) -> None:
    members = {"../../out.er7": A, "/etc/abs.er7": B}
    before = sorted(tmp_path.parent.rglob("*"))
    assert [piece.raw for piece in read(tar(members))] == [A, B]
    assert [piece.raw for piece in read(zipped(members))] == [A, B]
    left = {path.name for path in set(tmp_path.parent.rglob("*")) - set(before)}
    assert left <= {"some.tar.gz", "some.zip"}


def test_a_member_that_expands_too_much_is_not_opened(tar: Packed, zipped: Packed) -> None:
    members = {"a.er7": A, "bomb.er7": b"A" * 20_000_000, "b.er7": B}
    first, bomb, last = read(zipped(members))
    assert (first.raw, last.raw) == (A, B)
    assert "expands more than 100 times" in told(bomb)
    first, bomb, rest = read(tar(members))
    assert first.raw == A
    assert "expands more than 100 times" in told(bomb)
    assert "the rest of this archive was not read" in told(rest)


def test_a_link_or_a_device_is_left_aside(tmp_path: Path) -> None:
    file = tmp_path / "some.tar"
    with tarfile.open(file, "w") as archive:
        for name, kind in (("a.er7", tarfile.SYMTYPE), ("b.er7", tarfile.CHRTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    corpus = Corpus([file])
    assert list(corpus.pieces()) == []
    assert corpus.aside.total() == 2


def test_damage_is_told_never_taken_for_the_end(tar: Packed, zipped: Packed) -> None:
    members = {f"{n}.er7": A * 50 + os.urandom(5000) for n in range(4)}
    whole = tar(members).read_bytes()
    plain = gzip.decompress(whole)
    file = tar({}).with_name("hurt.tar")
    header = plain.index(b"2.er7\0")
    for hurt in (
        plain[:header] + b"\xff" * 512 + plain[header + 512 :],  # no header any more
        plain[: header + 100],  # cut in a header
        plain[:header],  # cut between two
        plain[: header + 1000],  # cut in a file
    ):
        file.write_bytes(hurt)
        *_, last = read(file)
        assert "cannot be read" in told(last)
    packed = file.with_name("hurt.tar.gz")
    packed.write_bytes(whole[: len(whole) // 2])
    assert "cannot be read" in told(read(packed)[-1])
    packed.write_bytes(b"no archive")
    assert "cannot be read" in told(read(packed)[0])


def test_a_wrong_member_of_a_zip_spoils_no_other(zipped: Packed) -> None:
    file = zipped({"a.er7": A * 20, "b.er7": B * 20})
    content = bytearray(file.read_bytes())
    content[40] ^= 0xFF  # in the compressed bytes of the first
    file.write_bytes(content)
    hurt, right = read(file)
    assert "cannot be read" in told(hurt)
    assert right.raw == B * 20


def test_an_encrypted_or_overlapping_zip(zipped: Packed) -> None:
    file = zipped({"a.er7": A})
    content = bytearray(file.read_bytes())
    content[6] |= 1
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8] |= 1
    file.write_bytes(content)
    assert "encrypted" in told(read(file)[0])
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.er7", os.urandom(4000))
        archive.filelist *= 3  # three members that are the same bytes
    assert "overlap" in told(read(file)[0])


def test_xz_does_not_take_the_memory_that_its_header_asks_for(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29, "preset": 0}]
    file = tmp_path / "x.ndjson.xz"
    file.write_bytes(lzma.compress(b'"x"\n', filters=filters))
    assert "cannot be read" in told(read(file)[0])
    file.write_bytes(lzma.compress(b'"x"\n') + lzma.compress(b'"y"\n'))
    assert [piece.raw for piece in read(file)] == [b"x", b"y"]


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HarnessError):
        Corpus([tmp_path / "none"]).identity()


def test_what_the_identity_tells_apart(tmp_path: Path) -> None:
    file = tmp_path / "a.er7"
    file.write_bytes(A)
    first = Corpus([tmp_path]).identity()
    assert Corpus([tmp_path]).identity() == first
    file.write_bytes(A + B)
    assert Corpus([tmp_path]).identity() != first


def test_generated_traffic_is_read_as_it_was_written(lines: Path, sent: list[Sent]) -> None:
    assert [piece.raw for piece in read(lines)] == [one.raw for one in sent]
    assert any(one.defect for one in sent)
