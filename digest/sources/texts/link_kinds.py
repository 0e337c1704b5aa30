"""What an address in an abstract leads to, told from its host and the words before it."""

import re
from urllib.parse import unquote, urlsplit

from digest.model.papers import LinkKind, PaperId, Scheme

_CODE_HOSTS = (
    "github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "sr.ht", "sourceforge.net",
    "anonymous.4open.science", "cran.r-project.org",
)  # fmt: skip
_DATA_HOSTS = (
    "zenodo.org", "figshare.com", "osf.io", "kaggle.com", "ieee-dataport.org", "physionet.org",
    "dataverse.harvard.edu", "data.mendeley.com", "datadryad.org", "openneuro.org",
)  # fmt: skip
_DEMO_HOSTS = ("colab.research.google.com", "youtube.com", "youtu.be", "replicate.com", "vimeo.com")
_PAPER_HOSTS = ("arxiv.org", "openreview.net", "aclanthology.org", "biorxiv.org", "medrxiv.org")
_PROJECT_HOSTS = ("github.io", "gitlab.io", "sites.google.com", "netlify.app", "pages.dev")
_HUGGING_FACE = ("huggingface.co", "hf.co")
_DOI_HOSTS = ("doi.org", "dx.doi.org")
_DATA_DOI = re.compile(r"10\.(?:5281|21227|6084|7910|17632|5061|17605|14459|13026|18112)/")

# In the order in which they win where several words stand before one address.
_WORDS = (
    (LinkKind.CODE, re.compile(r"\b(?:codes?|codebase|implementations?|toolbox)\b", re.IGNORECASE)),
    (
        LinkKind.DEMO,
        re.compile(r"\b(?:demos?|audio samples|sound examples|videos?)\b", re.IGNORECASE),
    ),
    (LinkKind.PROJECT, re.compile(r"\b(?:project|website|web ?page|homepage)\b", re.IGNORECASE)),
    (
        LinkKind.DATA,
        re.compile(r"\b(?:data|data-?sets?|corpus|corpora|benchmarks?)\b", re.IGNORECASE),
    ),
    (LinkKind.MODEL, re.compile(r"\b(?:models?|checkpoints?|weights)\b", re.IGNORECASE)),
    (LinkKind.PAPER, re.compile(r"\b(?:paper|preprint|article|full version)\b", re.IGNORECASE)),
)
_DATA_WORDS = _WORDS[3][1]
_DATA_NAME = re.compile(r"data|corpus|bench", re.IGNORECASE)
_ITSELF = re.compile(
    r"\b(?:this|our|the (?:full|present|published|final)) (?:full |long |published |final )?"
    r"(?:paper|article|preprint|manuscript|version|work)(?: of this \w+)?"
    r"(?: is| was| has been| can be| appeared| appears)?(?: also| now| freely| publicly)?"
    r"(?: available| published| accessible| found| online)?(?: online)?"
    r"(?: at| in| as| under| from| via| on)?:?\s*\(?$",
    re.IGNORECASE,
)
_ARXIV = re.compile(
    r"/(?:abs|pdf|html)/(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})", re.IGNORECASE
)
_DOI = re.compile(r"10\.\d{4,9}/\S+")


def kind_of(url: str, host: str, before: str) -> LinkKind:
    """Return what an address leads to: its host decides, then the words of its own sentence."""
    words = re.split(r"[.!?]\s+(?=[A-Z])", before)[-1]
    path = urlsplit(url).path.lower()
    if _is_at(host, _CODE_HOSTS):
        return _on_code_host(host, path, words)
    if _is_at(host, _HUGGING_FACE):
        return _on_hugging_face(path, words)
    if _is_at(host, _DATA_HOSTS):
        return LinkKind.DATA
    if _is_at(host, _DOI_HOSTS):
        is_data = _DATA_DOI.search(path) or _DATA_WORDS.search(words)
        return LinkKind.DATA if is_data else LinkKind.PAPER
    for kind, hosts in (
        (LinkKind.DEMO, _DEMO_HOSTS),
        (LinkKind.PAPER, _PAPER_HOSTS),
        (LinkKind.PROJECT, _PROJECT_HOSTS),
    ):
        if _is_at(host, hosts):
            return kind
    return next((kind for kind, word in _WORDS if word.search(words)), LinkKind.LINK)


def is_plausible_place(url: str, host: str) -> bool:
    """Return whether an address can be whole: a repository has an owner and a name."""
    steps = [step for step in urlsplit(url).path.split("/") if step]
    return len(steps) > 1 if _is_at(host, _CODE_HOSTS) else bool(steps)


def paper_id_of(url: str, host: str, before: str) -> PaperId | None:
    """Return the identifier an address gives to the very paper whose abstract it stands in.

    None unless the words before it say so: most addresses of papers are of other papers.
    """
    if not _ITSELF.search(before):
        return None
    path = unquote(urlsplit(url).path)
    if _is_at(host, ("arxiv.org",)) and (found := _ARXIV.search(path)):
        return PaperId(Scheme.ARXIV, found["id"].lower())
    if _is_at(host, _DOI_HOSTS) and not _DATA_DOI.search(path) and (found := _DOI.search(path)):
        return PaperId(Scheme.DOI, found[0].rstrip(".").lower())
    return None


def _is_at(host: str, hosts: tuple[str, ...]) -> bool:
    return any(host == known or host.endswith(f".{known}") for known in hosts)


def _on_code_host(host: str, path: str, words: str) -> LinkKind:
    """Return code, unless the words promise data alone or it is an anonymous web page."""
    if _WORDS[0][1].search(words):
        return LinkKind.CODE
    if host == "anonymous.4open.science" and path.startswith("/w/"):
        return LinkKind.DEMO if _WORDS[1][1].search(words) else LinkKind.PROJECT
    return LinkKind.DATA if _DATA_WORDS.search(words) else LinkKind.CODE


def _on_hugging_face(path: str, words: str) -> LinkKind:
    if path.startswith("/spaces"):
        return LinkKind.DEMO
    if path.startswith("/papers"):
        return LinkKind.PAPER
    if path.startswith("/datasets") or _DATA_NAME.search(path):
        return LinkKind.DATA
    only_data = _DATA_WORDS.search(words) and not _WORDS[4][1].search(words)
    return LinkKind.DATA if only_data else LinkKind.MODEL
