import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.texts.maths import readable


@pytest.mark.parametrize(
    ("tex", "unicode"),
    [
        ("so-called ``lanterns'' and ``boats''", "so-called \u201clanterns\u201d and \u201cboats\u201d"),
        ('a ``plug and play" style', "a \u201cplug and play\u201d style"),
        ("``open only, f''(x) too", "``open only, f''(x) too"),
        ("an ''informative'' \"token bias'' of \"A is B''", "an \u201cinformative\u201d \u201ctoken bias\u201d of \u201cA is B\u201d"),
        ("so -- it is --- well", "so \u2013 it is \u2014 well"),
        (r"an $\alpha$-divergence in $\mathbb{R}^d$", "an \u03b1-divergence in \u211d\u1d48"),
        (r"the $\ell_p$ norm, the $\ell_2$ norm", "the \u2113\u209a norm, the \u2113\u2082 norm"),
        (r"$O(n \log n)$ and $O(n\log n)$", "O(n log n) and O(n log n)"),
        (r"$\mathcal{O}(\sqrt{n})$, $\frac{1}{2}$", "O(\u221an), 1/2"),
        (r"$\frac{a+b}{c}$ and $\sqrt{d_k + 1}$", "(a+b)/c and \u221a(d\u2096 + 1)"),
        (r"$x_{train}$ and $L^{max}$ stay words", "x_train and L^max stay words"),
        (r"$\{0,1\}^n$, $\|x\|_2$, $p<0.05$", "{0,1}\u207f, \u2016x\u2016\u2082, p<0.05"),
        (r"10$\times$ at 90$^\circ$, $\sim$3", "10\u00d7 at 90\u00b0, \u223c3"),
        (r"CO$_2$, $^{13}$C", "CO\u2082, \u00b9\u00b3C"),
        (r"$$a \leq b$$ or \(a \in B\) or \[c\]", "a \u2264 b or a \u2208 B or c"),
        (r"Caf\'e, K\"onig, Martin-L{\"o}f, na\"{\i}ve", "Caf\u00e9, K\u00f6nig, Martin-L\u00f6f, na\u00efve"),
        (r"Erd\H{o}s, \c{c}a, Sk\aa ne, S\o ren", None),
        (r"{\it neural code}, {\em finite}, {\bf x}", "neural code, finite, x"),
        (r"\textit{a} \emph{b \textbf{c}} \textsc{d}", "a b c d"),
        (r"\textcolor[rgb]{0.9,0.0,0.4}{Our code}.", "Our code."),
        (r"{model size} and {We find it so.}", "model size and We find it so."),
        (r"up to 84\% \& \#1 \_ \$5", "up to 84% & #1 _ $5"),
        (r"as shown~\cite{a,b}, by \citet{c}.", "as shown, by."),
        ("Figure~3 shows about ~10% and (~3.5%)", "Figure 3 shows about ~10% and (~3.5%)"),
        ("our method.\\", "our method."),
        ("our method.\\\\", "our method."),
        ("10^6, 4.5 x 10^{-3}, R^d, R^{d}, n^2, (x_i, y_i), F_1", "10\u2076, 4.5 x 10\u207b\u00b3, R\u1d48, R\u1d48, n\u00b2, (x\u1d62, y\u1d62), F\u2081"),
        (r"see \url{https://a.org/b\_c} or \href{https://a.org}{it}", "see https://a.org/b_c or it (https://a.org)"),
        (r"https://a.org/~me/a_1/x^2 is $x^2$", "https://a.org/~me/a_1/x^2 is x\u00b2"),
        (r"$\hat\theta$, $\hat{y}_i$, $\tilde O(n)$, $\vec{v}$, $\overline{x}$, $\widehat{AB}$", "\u03b8\u0302, \u0177\u1d62, \u00d5(n), v\u20d7, x\u0304, AB"),
        (r"$\mathcal O(n)$, $\mathbf x$, $\mathbb R^n$, $\bf{x}$, $\mathop{\rm prox}$", "O(n), x, \u211d\u207f, x, prox"),
        (r"$\sqrt n$, $\sqrt[3]{n+1}$, $\frac12$, $\binom{n}{k}$, $a \pmod{p}$", "\u221an, \u00b3\u221a(n+1), 1/2, (n choose k), a (mod p)"),
        (r"$\not\in$, $\not=$, $f\colon X\to Y$, $x\in A$, $a \leq b$, $\alpha x$", "\u2209, \u2260, f: X\u2192Y, x\u2208A, a \u2264 b, \u03b1 x"),
        (r"$\underset{x}{\arg\max}$, $\overset{d}{=}$, $\underbrace{x}_{y}$", "arg max\u2093, =\u1d48, x_y"),
        (r"$\mathcal{O}\left(\frac{1}{\epsilon^2}\right)$", "O(1/\u03f5\u00b2)"),
        (r"$\nobody{x}$, $\nobody{a}{b}_c$, $\begin{pmatrix}a&b\end{pmatrix}$", r"\nobody{x}, \nobody{a}{b}_c, \begin{pmatrix}a&b\end{pmatrix}"),
        (r"\LaTeX{} and $\LaTeX$", None),
        (r"$x \ne 0$, $\neg a \implies b \iff c$, $\Re z$", "x \u2260 0, \u00ac a \u21d2 b \u21d4 c, Re z"),
        (r"$\frac{1}{2}x$, $\frac12\alpha$, $x\frac{1}{2}$, $\frac{1}{2} \leq x$", "(1/2)x, (1/2)\u03b1, x(1/2), 1/2 \u2264 x"),
        (r"$\sqrt{nk}$, $\sqrt{d_k}$, $\sqrt{13}$, $\sqrt{n^2}$", "\u221a(nk), \u221ad\u2096, \u221a13, \u221a(n\u00b2)"),
        (r"$\mathbb{F}_{p^n}$, $\|f\|_{L^2}$", "\U0001d53d_{p\u207f}, \u2016f\u2016_{L\u00b2}"),
        (r"$X^{\prime}$, $X^\dagger$, $^\ddagger$", "X\u2032, X\u2020, \u2021"),
        (r"$\ket{\psi}$, $\bra{\phi}$", "|\u03c8\u27e9, \u27e8\u03d5|"),
        (r"\L{}ukasz, 10\,km, $E > 100$~GeV, $\sim$~5", "\u0141ukasz, 10 km, E > 100 GeV, \u223c~5"),
        (r"20--30\%, $1$--$2$, Erd\H{o}s--R\'enyi, this---or that---stays", "20\u201330%, 1\u20132, Erd\u0151s\u2013R\u00e9nyi, this\u2014or that\u2014stays"),
    ],
)  # fmt: skip
def test_tex_becomes_readable(tex: str, unicode: str | None) -> None:
    turned = readable(tex)
    if unicode is not None:
        assert turned == unicode
    assert not re.search(r"\\[Hc\"']", turned)


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, 100% of them; nothing to turn.",
        "It costs $5 and $10, or US$100 and A$50.",
        "between $5 million and $10 million, $5-$10, $3",
        "mathcal{O}(mathcal{C_Phi/m}) and Ain R^{ntimes d}",
        "hat rho_h^{D}(x)=sum_{i=1}^n and frac{loglog n{log d}}",
        "epsilon^{-2}d^{1+gamma} with h_{CLT}(alpha), AUC_ROC, x^*, file_name_1",
        r"C:\new\table and \unknown{arg} and \begin{equation}",
        "a set {cat, dog}, {0,1}, { pm 1}, {A}subseteq [n]",
        r"unclosed \emph{words and $x and {more",
        "^_^ ~ $ $$ {} \\",
        "run `git checkout -- file` with --force",
        "f''(x) and g''(y) -- --flag",
        "block--modifier, --flag, foo.py--x, a ---- b",
    ],
)
def test_what_is_not_certain_stays_as_it_was_written(text: str) -> None:
    assert readable(text).strip(" \\") == text.strip(" \\")


@given(st.text(max_size=200).filter(lambda text: not re.search(r"[\\$^_{}~]|``|''|--", text)))
def test_a_text_without_tex_is_returned_unchanged(text: str) -> None:
    assert readable(text) == text


PLAIN = ("lantern", "harbour", "shadow", "networks", "because", "fifty")
TEX = (
    "$", "$$", "\\", "{", "}", "^", "_", "~", "``", "''", "%", r"\%", r"\alpha", r"$\alpha$", r"\'",
    r"\emph{", r"\textcolor", "[rgb]", r"\frac", r"\frac{1}", r"\sqrt", r"\mathbb{R}", r"\[", r"\]",
    r"$\hat\theta$", r"\sqrt[3]", r"\binom{n}", r"$\overset{", r"\frac12", r"\mathbb R", r"$\not",
    r"\(", r"\)", "{\\it ", "x_i", "R^{d}", "$5", "10^6", r"\begin{a}", r"\input{/etc/passwd}",
    r"\today", r"\"", r"\c", r"\left(", "http://a.org/_x", r"\href{", r"\url{", r"\\", "^{", "_{",
)  # fmt: skip


@given(st.lists(st.sampled_from(PLAIN + TEX), max_size=25))
def test_no_plain_word_is_ever_lost(words: list[str]) -> None:
    turned = readable(" ".join(words))
    for word in PLAIN:
        assert turned.count(word) == words.count(word)


@given(st.text(alphabet="\\${}^_~`'%ab1 [](),.\n\u00e9", max_size=150) | st.text(max_size=150))
def test_any_text_at_all_is_taken(text: str) -> None:
    readable(text)


@pytest.mark.parametrize("piece", ["{", "}", "$", "\\", "^", "_", "~", "``", "{\\it ", "\\frac{", "$x", "\\[", "x^{", "\\emph{a}", "https://", "--", "$a--", "\\ket{", "$\\frac{"])  # fmt: skip
def test_a_long_run_of_one_thing_takes_no_time(piece: str) -> None:
    begun = process_time()
    readable(piece * (20_000 // len(piece)))
    assert process_time() - begun < 1
