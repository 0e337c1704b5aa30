"""Where templates, migrations and examples are: inside a wheel, or beside the package in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_folder(name: str) -> Path:
    """Return the folder `name`, one of `templates`, `migrations` and `examples`.

    Raises FileNotFoundError when this installation has none, which means that it is damaged.
    """
    inside = _PACKAGE / name
    beside = _PACKAGE.parent / name
    if inside.is_dir():
        return inside
    if beside.is_dir() and (_PACKAGE.parent / "pyproject.toml").is_file():
        return beside
    message = f"{name}/ is neither inside {_PACKAGE} nor beside it: reinstall Digest"
    raise FileNotFoundError(message)
