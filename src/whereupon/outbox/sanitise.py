"""What an HTML mail may contain: text, links, tables, images and harmless styles; nothing that runs."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import Any

TAGS_LISTED = """
a abbr address article b bdi bdo blockquote br caption center cite code col colgroup dd del div dl
dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre
q s section small span strike strong sub sup table tbody td tfoot th thead tr u ul
"""
TAGS = set(TAGS_LISTED.split())
ATTRIBUTES = {
    "*": {"style", "align", "valign", "dir", "lang", "title", "width", "height", "bgcolor"},
    "a": {"href"},
    "img": {"src", "alt", "border"},
    "ol": {"start", "type"},
    "font": {"color", "face", "size"},
    "table": {"border", "cellpadding", "cellspacing", "role"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
}
# No property that takes an address (background, list-style-image) or that covers the page (position).
STYLES_LISTED = """
background-color border border-bottom border-collapse border-color border-left border-radius
border-right border-spacing border-style border-top border-width box-sizing clear color direction
display float font font-family font-size font-style font-weight height letter-spacing line-height
list-style-type margin margin-bottom margin-left margin-right margin-top max-height max-width
min-height min-width opacity overflow padding padding-bottom padding-left padding-right padding-top
table-layout text-align text-decoration text-indent text-transform vertical-align white-space width
word-break word-wrap
"""
STYLES = set(STYLES_LISTED.split())
SCHEMES = {"http", "https", "mailto", "tel", "cid"}


@lru_cache(maxsize=1)
def cleaner() -> Any:
    """The sanitiser, made once; nh3 is loaded only by the process that sends."""
    import nh3

    return nh3.Cleaner(
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        filter_style_properties=STYLES,
        link_rel="noopener noreferrer",
        url_relative="deny",
    )


@lru_cache(maxsize=1)
def inliner() -> Any:
    """Moves <style> rules into the elements; it loads nothing, from no network and no disk."""
    import css_inline

    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_link_tags=False)


def clean_html(html: str) -> str:
    """The harmless part of a mail's HTML, styles inlined first because many mail programs drop <style>."""
    if "<style" in html.lower():
        html = inline_styles(html)
    cleaned: str = cleaner().clean(html)
    return cleaned


def inline_styles(html: str) -> str:
    """As it was when the styles cannot be read: a mail without its colours is better than none."""
    import css_inline

    try:
        return str(inliner().inline(html))
    except (css_inline.InlineError, ValueError):
        return html


def document(body: str, title: str) -> str:
    """A whole HTML document around a cleaned body."""
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title></head><body>{body}</body></html>"
    )
