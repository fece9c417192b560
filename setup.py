"""Bundle NiiVue while the package is built; everything else is said in pyproject.toml."""

import runpy
import warnings
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

BUNDLE = Path(__file__).parent / "src/lumenfield/viewer/bundle.py"


class BuildWithViewer(build_py):
    """Bring NiiVue first; without it the package is built all the same, and `view` says so."""

    def run(self) -> None:
        script = runpy.run_path(str(BUNDLE), run_name="bundle")
        try:
            script["bundle"]()
        except script["BundleError"] as error:
            warnings.warn(str(error), stacklevel=1)
        super().run()


setup(cmdclass={"build_py": BuildWithViewer})
