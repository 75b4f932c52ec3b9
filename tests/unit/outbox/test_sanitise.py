"""A mail's body cannot run anything, and reads well without HTML."""

from __future__ import annotations

import pytest

from whereupon.outbox.plain_text import to_text
from whereupon.outbox.sanitise import clean_html, document

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java\tscript:alert(1)'>x</a>",
    "<svg onload=alert(1)>",
    "<iframe src=//evil.example></iframe>",
    "<form action=//evil.example><input></form>",
    "<style>@import url(//evil.example)</style><p>x</p>",
    "<p style='background:url(//evil.example/x)'>x</p>",
    "<p style='position:fixed;top:0'>x</p>",
    "<link rel=stylesheet href='file:///etc/passwd'><style>p{color:red}</style><p>x</p>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<object data=x></object>",
    "<math><mi//xlink:href='data:x'>",
    "<img src='data:text/html,<script>1</script>'>",
    "<a href='//evil.example'>x</a>",
    "<!--[if mso]><script>1</script><![endif]-->",
    "<template><script>1</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
]


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_that_runs_or_loads_by_itself_is_left(html: str) -> None:
    left = clean_html(html).lower()
    for bad in (
        "<script",
        "onerror=",
        "onload=",
        "javascript:",
        "<iframe",
        "<form",
        "<style",
        "url(",
        "position",
        "<link",
        "<base",
        "<meta",
        "<object",
        "data:",
        "evil.example/x",
        'href="//',
        "root:",
    ):
        assert bad not in left, left


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p style='color:red'>Γειά</p>", '<p style="color:red">Γειά</p>'),
        ("<style>p{color:red}</style><p>x</p>", '<p style="color:red'),
        ("<a href='https://a.example'>x</a>", 'href="https://a.example"'),
        ("<table width=100><tr><td align=right>1</td></tr></table>", 'align="right"'),
        ("", ""),
        ("plain", "plain"),
    ],
)
def test_what_a_mail_needs_is_kept(html: str, kept: str) -> None:
    assert kept in clean_html(html)


def test_a_title_cannot_leave_its_element() -> None:
    assert "<script" not in document("x", "</title><script>1</script>")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("<h1>Title</h1><p>x</p>", "Title\n=====\n\nx"),
        ("<ul><li>a</li><li>b<ol><li>c</li><li>d</li></ol></li></ul>", "- a\n- b\n  1. c\n  2. d"),
        ('<a href="https://x.example">here</a>', "here (https://x.example)"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ('<a href="https://x.example"></a>', "https://x.example"),
        ("<p>a &lt;b&gt; &amp; c&nbsp;d</p>", "a <b> & c\u00a0d"),
        ("<style>p{}</style><script>x</script><p>y</p>", "y"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n c"),
        ("<pre>  keep\n   this</pre>", "keep\n   this"),
        ('<img src="x" alt="Λογότυπο">', "Λογότυπο"),
        ("<p>a\n   b</p>", "a b"),
        ("</p></ul></a>", ""),
    ],
)
def test_the_text_part_reads_like_the_page(html: str, text: str) -> None:
    assert to_text(html) == text
