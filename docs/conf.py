"""The site: `make site` builds it strictly into docs/_build/html. Pages are Markdown that reads well on a forge too."""

import hashlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

import thalweg  # noqa: E402

project = "Thalweg"
author = "The Thalweg developers"
copyright = "The Thalweg developers, Apache-2.0"
version = release = thalweg.__version__
language = "en"

extensions = ["myst_nb", "contents", "offline", "plain_math", "reference", "words"]
exclude_patterns = ["_build", "_ext", "**/.ipynb_checkpoints"]
nitpicky = True
suppress_warnings = ["config.cache"]

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
myst_dmath_allow_labels = False

# A notebook is run again when its code has changed, or that of the package.
_SOURCES = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(Path(thalweg.__file__).parent.rglob("*.py"))))
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE / "_build" / "notebooks" / _SOURCES.hexdigest()[:16])
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "Thalweg"
html_static_path = ["_static"]
html_css_files = ["thalweg.css"]
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {"index": [], "studies": []}
html_theme_options = {
    "logo": {"text": "Thalweg"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
pygments_style = "default"
toc_object_entries_show_parents = "hide"
add_module_names = True
python_maximum_signature_line_length = 90
