"""Shape and type checks on every call in the tests; the library itself runs without them."""

from jaxtyping import install_import_hook

install_import_hook("lumenfield", "beartype.beartype")
