"""How well the ranking ranks: ./run.sh bench relevance [FOLDER].

Judges Digest and plain BM25 (bm25s, Lucene's variant, Snowball stems), in the same run, on the
collections in FOLDER (../shared/relevance unless given) with the `evaluate.py` that lies there:
nDCG@10 of each, the ratio, and the geometric mean of the ratios.

    ./run.sh bench relevance parts    what each part of the score brings, one left out at a time
    ./run.sh bench relevance likes    what one, two and three liked papers bring

As a system of its own, in that script's protocol:
    relevance.py rank DOCS QUERIES BACKGROUND RUN [--without PART,...]
    relevance.py bm25 DOCS QUERIES BACKGROUND RUN
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from math import exp, fsum, log
from pathlib import Path
from typing import TextIO

from benchmarks.relevance_judged import PARTS, Judged, print_likes, read_papers, read_queries

BEST = 100
ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT.parent / "shared" / "relevance"


def main() -> None:
    """Print the table, or be one of the systems in it."""
    systems = {"rank": rank, "bm25": bm25}
    if len(sys.argv) > 1 and sys.argv[1] in systems:
        arguments = argparse.ArgumentParser()
        arguments.add_argument("system")
        for name in ("docs", "queries", "background", "run"):
            arguments.add_argument(name, type=Path)
        arguments.add_argument("--without", default="")
        given = arguments.parse_args()
        systems[given.system](given)
        return
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    folder = FOLDER if what in {"", "parts", "likes"} else Path(what)
    if not (folder / "evaluate.py").exists():
        sys.exit("There are no collections: give the folder that holds them and evaluate.py.")
    if what == "likes":
        print_likes(folder / "acm-2016")
        return
    baseline, ours = (judged(folder, name) for name in ("bm25", "rank"))
    print(f"{'nDCG@10':18} {'BM25':>7} {'Digest':>7} {'ratio':>7}")
    for key in baseline:
        ratio = ours[key] / baseline[key]
        print(f"{key:18} {baseline[key]:7.4f} {ours[key]:7.4f} {ratio:7.3f}")
    print(f"{'geometric mean':34} {mean_ratio(ours, baseline):7.4f}")
    for part in PARTS if what == "parts" else ():
        without = judged(folder, "rank", "--without", part)
        ratios = " ".join(f"{without[key] / baseline[key]:6.3f}" for key in baseline)
        print(f"without {part:12} {mean_ratio(without, baseline):7.4f} of {ratios}")


def mean_ratio(ours: dict[str, float], baseline: dict[str, float]) -> float:
    """Return the geometric mean of the ratios."""
    return exp(fsum(log(ours[key] / baseline[key]) for key in baseline) / len(baseline))


def judged(folder: Path, system: str, *options: str) -> dict[str, float]:
    """Return the mean nDCG@10 of a system on every collection."""
    own = [sys.executable, str(Path(__file__).resolve()), system]
    files = ["{docs}", "{queries}", "{background}", "{run}"]
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = shlex.join([*own, *files, *options])
        judge = [sys.executable, str(folder / "evaluate.py"), str(folder)]
        subprocess.run(
            [*judge, "--system", command, "--out", out.name],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        results = json.loads(Path(out.name).read_text())["results"]
    return {key: float(value["mean"]["nDCG@10"]) for key, value in results.items()}


def rank(given: argparse.Namespace) -> None:
    """Write the run of Digest."""
    for part in filter(None, given.without.split(",")):
        PARTS[part]()
    judged = Judged(read_papers(given.docs), read_papers(given.background))
    with given.run.open("w", encoding="utf8") as out:
        for query, text in read_queries(given.queries):
            write(out, query, judged.best(text, BEST))


def bm25(given: argparse.Namespace) -> None:
    """Write the run of the baseline."""
    import bm25s  # noqa: PLC0415  of the extra `bench`
    import Stemmer  # noqa: PLC0415

    papers = read_papers(given.docs)
    stemmer = Stemmer.Stemmer("english")
    corpus = [f"{paper.title} {paper.abstract}" for paper in papers]
    index = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    options = {"stopwords": "en", "stemmer": stemmer, "show_progress": False}
    index.index(bm25s.tokenize(corpus, **options), show_progress=False)
    with given.run.open("w", encoding="utf8") as out:
        for query, text in read_queries(given.queries):
            words = bm25s.tokenize(text.replace(";", " "), **options)
            found, scores = index.retrieve(words, k=min(BEST, len(papers)), show_progress=False)
            pairs = zip(found[0].tolist(), scores[0].tolist(), strict=True)
            write(out, query, ((papers[number].key, score) for number, score in pairs if score > 0))


def write(out: TextIO, query: str, found: Iterable[tuple[str, float]]) -> None:
    """Write a query's documents, best first."""
    out.writelines(
        f"{query} Q0 {name} {place} {BEST * 10 - place} digest\n"
        for place, (name, _) in enumerate(found, start=1)
    )


if __name__ == "__main__":
    main()
