"""The page's words for the command line's options.

Separate because errors come from code that the command line shares, and name options that nobody
can type on a page.
"""

__all__ = ["on_the_page"]

_WORDS = {
    "choose it with --series NAME": "send it again with its name under “Series or array”",
    "choose it with --array NAME": "send it again with its name under “Series or array”",
    "choose one of them with --series NAME": "send it again with one of them there",
    "choose one of them with --array NAME": "send it again with one of them there",
    "pass --time mean, or one frame with --time 0 to": (
        "send it again with “mean” under “Frame”, or a number from 0 to"
    ),
    "allow more with --max-memory, close": "close",
    "leave out --": "empty --",
    "pass --": "fill in --",
    "--series": "“Series or array”",
    "--array": "“Series or array”",
    "--spacing": "“Voxel size”",
    "--time": "“Frame”",
    "--model": "“Model”",
}
"""In order: whole phrases, then single options."""


def on_the_page(text: str) -> str:
    """Name the boxes of the page where the command line would name its options.

    >>> on_the_page("no voxel size is recorded: pass --spacing")
    'no voxel size is recorded: fill in “Voxel size”'
    """
    for option, words in _WORDS.items():
        text = text.replace(option, words)
    return text
