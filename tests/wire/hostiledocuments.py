"""XML documents that want to hurt, by name: robustness sheet 3.5, X01 to X08.

`PORT` and `CANARY` in a document are replaced by those of a listener and of a file that nobody may
touch. Each says whether it must be refused, may be read, or either.
"""

from collections.abc import Iterator
from dataclasses import dataclass

REFUSED, READ, EITHER = "refused", "read", "either"
CDA = b'<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
MEGA = 1_000_000
_END = b"</x:ClinicalDocument>"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One document, and what must become of it."""

    name: str
    raw: bytes
    expected: str


def every(port: int, canary: str) -> Iterator[Hostile]:
    """All of them, one after the other: some are large."""
    groups = (
        _entities(),
        _outside(),
        _types(),
        _inert(),
        _sizes(),
        _encodings(),
        _forms(),
        _bodies(),
    )
    for group in groups:
        for name, raw, expected in group:
            filled = raw.replace(b"PORT", b"%d" % port) if len(raw) < 10_000 else raw
            filled = filled.replace(b"CANARY", canary.encode()) if len(raw) < 10_000 else filled
            yield Hostile(name, filled, expected)


Named = Iterator[tuple[str, bytes, str]]


def _doctype(inside: bytes, body: bytes = b"<a>&x;</a>") -> bytes:
    return b"<?xml version='1.0'?><!DOCTYPE a [" + inside + b"]>" + body


def _entities() -> Named:
    laughs = b"".join(b'<!ENTITY x%d "%s">' % (n, b"&x%d;" % (n - 1) * 10) for n in range(1, 10))
    laughs = b'<!ENTITY x0 "ha">' + laughs + b'<!ENTITY x "&x9;">'
    yield "billion laughs", _doctype(laughs), REFUSED
    yield (
        "quadratic",
        _doctype(b'<!ENTITY x "' + b"a" * 9000 + b'">', b"<a>" + b"&x;" * 9000 + b"</a>"),
        REFUSED,
    )
    yield "laughs in an attribute", _doctype(laughs, b'<a b="&x;"/>'), REFUSED
    yield "laughs by parameters", _doctype(b'<!ENTITY % y "z"><!ENTITY x "%y;%y;">'), REFUSED
    yield "an entity in itself", _doctype(b'<!ENTITY x "&y;"><!ENTITY y "&x;">'), REFUSED
    yield "laughs by default", _doctype(laughs + b'<!ATTLIST a b CDATA "&x;">', b"<a/>"), REFUSED
    yield (
        "laughs in UTF-16",
        _doctype(laughs).decode().replace("<?xml version='1.0'?>", "").encode("utf-16"),
        REFUSED,
    )
    yield "laughs behind a comment", b"<!-- - -->" + _doctype(laughs)[21:], REFUSED
    yield "laughs behind many comments", b"<!---->" * 20_000 + _doctype(laughs)[21:], REFUSED


def _outside() -> Named:
    for name, where in (
        ("file", b"file://CANARY"),
        ("path", b"CANARY"),
        ("http", b"http://127.0.0.1:PORT/x"),
        ("ftp", b"ftp://127.0.0.1:PORT/x"),
        ("jar", b"jar:file://CANARY!/x"),
        ("share", b"//127.0.0.1/share/x"),
        ("relative", b"../../../../etc/passwd"),
        ("folder", b"file:///etc/"),
        ("device", b"file:///dev/zero"),
    ):
        yield f"entity of a {name}", _doctype(b'<!ENTITY x SYSTEM "' + where + b'">'), REFUSED
    yield (
        "entity of a catalogue",
        _doctype(b'<!ENTITY x PUBLIC "-//X//Y" "file://CANARY">'),
        REFUSED,
    )
    parameter = b'<!ENTITY % y SYSTEM "http://127.0.0.1:PORT/x.dtd">%y;'
    yield "parameter from outside", _doctype(parameter, b"<a/>"), REFUSED


def _types() -> Named:
    yield "DTD outside", b'<!DOCTYPE a SYSTEM "http://127.0.0.1:PORT/x.dtd"><a/>', REFUSED
    yield "standalone", b"<?xml version='1.0' standalone='yes'?><!DOCTYPE a><a/>", REFUSED
    yield "attributes only", _doctype(b"<!ATTLIST a b ID #IMPLIED>", b"<a/>"), REFUSED
    yield "lower case", b"<!doctype a><a/>", REFUSED


def _inert() -> Named:
    space = b' xmlns:i="http://www.w3.org/2001/XInclude">'
    for name, inside in (
        ("text", b'<i:include href="CANARY" parse="text"/>'),
        ("XML", b'<i:include href="file://CANARY"/>'),
        ("http", b'<i:include href="http://127.0.0.1:PORT/"/>'),
        (
            "fallback",
            b'<i:include href="none"><i:fallback><i:include href="CANARY"/></i:fallback>'
            b"</i:include>",
        ),
    ):  # fmt: skip
        yield f"inclusion, {name}", CDA + space + inside + b"</ClinicalDocument>", READ
    for name, told in (
        ("schema of a file", b' xsi:schemaLocation="urn:hl7-org:v3 file://CANARY"'),
        ("schema over http", b' xsi:schemaLocation="urn:hl7-org:v3 http://127.0.0.1:PORT/x.xsd"'),
        ("schema nearby", b' xsi:schemaLocation="urn:hl7-org:v3 ../x.xsd"'),
        ("schema of no namespace", b' xsi:noNamespaceSchemaLocation="http://127.0.0.1:PORT/"'),
        ("base over http", b' xml:base="http://127.0.0.1:PORT/"'),
        ("base of a file", b' xml:base="file:///etc/"'),
    ):
        yield name, CDA + told + b"/>", READ
    for name, where in (
        ("http", b"http://127.0.0.1:PORT/"),
        ("file", b"CANARY"),
        ("script", b"javascript:1"),
    ):
        sheet = b'<?xml-stylesheet type="text/xsl" href="' + where + b'"?>'
        yield f"style sheet, {name}", sheet + CDA + b"/>", READ


def _sizes() -> Named:
    yield "text of 9 MB", b"<a>" + b"x" * 9 * MEGA + b"</a>", READ
    yield "text of 20 MB", b"<a>" + b"x" * 20 * MEGA + b"</a>", READ
    yield "text of 100 MB", b"<a>" + b"x" * 100 * MEGA + b"</a>", REFUSED
    yield "attribute of 10 MB", b'<a b="' + b"x" * 10 * MEGA + b'"/>', EITHER
    yield (
        "200,000 attributes",
        b"<a " + b" ".join(b'x%d=""' % n for n in range(200_000)) + b"/>",
        REFUSED,
    )
    yield (
        "50,000 namespaces",
        b"<a " + b" ".join(b'xmlns:x%d="u"' % n for n in range(50_000)) + b"/>",
        EITHER,
    )
    yield "a name of 1 MB", b"<" + b"a" * MEGA + b"/>", REFUSED
    yield "comment of 40 MB", b"<a><!--" + b"x" * 40 * MEGA + b"--></a>", READ
    yield "comment of 100 MB", b"<a><!--" + b"x" * 100 * MEGA + b"--></a>", REFUSED
    yield "1,000,000 siblings", b"<a>" + b"<b/>" * MEGA + b"</a>", READ
    yield "2,100,000 siblings", b"<a>" + b"<b/>" * 2_100_000 + b"</a>", REFUSED
    for depth in (257, 2049, 100_000):
        yield f"depth {depth}", b"<a>" * depth + b"</a>" * depth, REFUSED
    yield "depth in 10 MB", b"<a>" * 3000 + b"x" * 10 * MEGA + b"</a>" * 3000, REFUSED
    yield "depth 256", b"<a>" * 256 + b"</a>" * 256, READ


def _encodings() -> Named:
    latin = "<a>é</a>".encode("latin-1")
    yield "UTF-8 said, Latin-1 written", b'<?xml version="1.0" encoding="UTF-8"?>' + latin, REFUSED
    yield "UTF-7", b'<?xml version="1.0" encoding="UTF-7"?><a>+ADw-script+AD4-</a>', EITHER
    yield "UTF-32", '<?xml version="1.0" encoding="UTF-32"?><a/>'.encode("utf-32"), EITHER
    yield "EBCDIC", '<?xml version="1.0" encoding="CP037"?><a/>'.encode("cp037"), EITHER
    yield "UTF-16 without mark", "<a/>".encode("utf-16-le"), EITHER
    yield "NUL", b"<a>\0</a>", REFUSED
    yield "control character", b"<a>\x07</a>", REFUSED
    yield "reference to NUL", b"<a>&#0;</a>", REFUSED
    yield "XML 1.1", b'<?xml version="1.1"?><a>&#1;</a>', REFUSED
    yield "unknown encoding", b'<?xml version="1.0" encoding="x-none"?><a/>', REFUSED


def _forms() -> Named:
    yield "two roots", CDA + b"/>" + CDA + b"/>", REFUSED
    yield "words behind the root", CDA + b"/>x", REFUSED
    for name, raw in (
        ("no namespace", b"<ClinicalDocument/>"),
        ("another namespace", b'<ClinicalDocument xmlns="urn:hl7-org:v2"/>'),
        ("prefixes", b'<x:ClinicalDocument xmlns:x="urn:hl7-org:v3" xmlns="urn:x"><id/>' + _END),
        ("types that lie", CDA + b'><code xsi:type="PQ"/><id xsi:type="x:y"/></ClinicalDocument>'),
        ("an ID twice", CDA + b'><id ID="a"/><code ID="a"/></ClinicalDocument>'),
        ("mixed case", b'<CLINICALdocument xmlns="urn:hl7-org:v3"/>'),
        ("a comment in a value", CDA + b"><title>279<!-- -->035</title></ClinicalDocument>"),
        ("CDATA in a value", CDA + b"><title>27<![CDATA[90]]>35</title></ClinicalDocument>"),
        ("blanks in codes", CDA + b'><code code=" 1 " codeSystem="&#10;2"/></ClinicalDocument>'),
        ("a comment alone", CDA + b"><!-- --></ClinicalDocument><!-- -->"),
    ):  # fmt: skip
        yield name, raw, READ


def _bodies() -> Named:
    for name, body in (
        ("reference to a file", b'<reference value="file://CANARY"/>'),
        ("reference over http", b'<reference value="http://127.0.0.1:PORT/"/>'),
        ("reference to a script", b'<reference value="javascript:alert(1)"/>'),
        ("HTML", b"&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("SVG", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("base64 with blanks", b"SlZC RVJp\nMA=="),
        ("wrong integrity", b'<x integrityCheck="AAAA"/>'),
    ):
        inside = b'<component><nonXMLBody><text mediaType="text/html">' + body
        whole = CDA + b">" + inside + b"</text></nonXMLBody></component></ClinicalDocument>"
        yield f"body: {name}", whole, READ
