"""A text template cannot hang a worker or fill its memory, whatever it says.

python-liquid bounds output, nesting and nested loops; what it leaves open is closed here: ranges,
loops one after the other, filters that multiply text, and the clock.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from liquid import BoundTemplate, Environment, RenderContext
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.tags import (
    assign_tag,
    capture_tag,
    case_tag,
    comment_tag,
    cycle_tag,
    doc_tag,
    echo_tag,
    for_tag,
    if_tag,
    inline_comment_tag,
    liquid_tag,
    unless_tag,
)
from liquid.exceptions import LoopIterationLimitError, ResourceLimitError

from whereupon.templates.filters import FILTERS
from whereupon.templates.sizes import check_size

MAX_SOURCE = 200_000  # characters of one template
MAX_OUTPUT = 2_000_000  # bytes
MAX_ITERATIONS = 20_000  # of all loops of one rendering together
MAX_SECONDS = 1.0  # of one rendering
STEPS_PER_LOOK = 64  # the clock is read once in so many steps

# No include, render, increment, tablerow: one template is one text, and values are only read.
TAGS = (
    content.Literal,
    output.Output,
    illegal.Illegal,
    if_tag.IfTag,
    unless_tag.UnlessTag,
    case_tag.CaseTag,
    for_tag.ForTag,
    for_tag.BreakTag,
    for_tag.ContinueTag,
    capture_tag.CaptureTag,
    cycle_tag.CycleTag,
    assign_tag.AssignTag,
    echo_tag.EchoTag,
    liquid_tag.LiquidTag,
    comment_tag.CommentTag,
    inline_comment_tag.InlineCommentTag,
    doc_tag.DocTag,
)


class Context(RenderContext):
    """One rendering: counts its loop iterations and looks at the clock."""

    __slots__ = ("ends_at", "iterations", "steps")

    def __init__(self, template: BoundTemplate, **options: Any) -> None:
        super().__init__(template, **options)
        self.ends_at = time.monotonic() + MAX_SECONDS
        self.iterations = 0
        self.steps = 0

    def step(self) -> None:
        """Called for every name, filter and loop."""
        self.steps += 1
        if self.steps % STEPS_PER_LOOK == 0 and time.monotonic() > self.ends_at:
            raise ResourceLimitError(f"it takes longer than {MAX_SECONDS:g} s to render", token=None)

    def get(self, path: list[object], **options: Any) -> object:
        self.step()
        return super().get(path, **options)

    def filter(self, name: str, token: Any) -> Any:
        self.step()
        return super().filter(name, token)

    @contextmanager
    def loop(self, namespace: Mapping[str, object], forloop: Any) -> Generator[RenderContext]:
        self.step()
        self.iterations += forloop.length
        if self.iterations > MAX_ITERATIONS:
            raise LoopIterationLimitError(f"its loops turn more than {MAX_ITERATIONS:,} times", token=None)
        with super().loop(namespace, forloop) as context:
            yield context


class LimitedTemplate(BoundTemplate):
    """A parsed template whose renderings are bounded."""

    context_class = Context


class LimitedEnvironment(Environment):
    """Liquid with our tags, our filters and our limits. `autoescape`: values are escaped for HTML."""

    template_class = LimitedTemplate
    output_stream_limit = MAX_OUTPUT
    loop_iteration_limit = MAX_ITERATIONS
    local_namespace_limit = MAX_OUTPUT
    context_depth_limit = 20
    block_nesting_limit = 20

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in TAGS:
            self.add_tag(tag)
        for name, function in FILTERS.items():
            self.add_filter(name, function)


class BoundedRange(RangeLiteral):
    """`(1..n)` with at most 10,000 numbers; Liquid's own has no bound."""

    __slots__ = ()

    def evaluate(self, context: RenderContext) -> range:
        found = super().evaluate(context)
        check_size(found)
        return found


PLAIN = LimitedEnvironment()
HTML = LimitedEnvironment(autoescape=True)
