import { expect, test } from "vitest";
import { latexToText } from "../../server/render/latex.ts";
import { captured, shown } from "./captured.ts";

test.each([
  [String.raw`\frac{a}{b}`, "a/b"],
  [String.raw`\frac{a+b}{2}`, "(a+b)/2"],
  // A denominator of more than one factor keeps together.
  [String.raw`\frac{-b \pm \sqrt{b^2-4ac}}{2a}`, "(−b ± √(b²−4ac))/(2a)"],
  [String.raw`\frac{1}{2\pi} \frac{1}{xy}`, "1/(2π) 1/(xy)"],
  [String.raw`\frac{dy}{dx} \frac{x}{10} \frac{x}{n!} \frac12 \frac{a}{x_i^2}`, "dy/dx x/10 x/n! 1/2 a/xᵢ²"],
  [String.raw`\frac{1}{\sqrt{2}} \frac{1}{\hat{x}} \frac{hits}{\text{total}}`, "1/√2 1/x̂ hits/total"],
  [String.raw`\sqrt{x^2+y^2}`, "√(x²+y²)"],
  [String.raw`\sqrt[3]{x}`, "∛x"],
  [String.raw`x_{i+1}^{n}`, "xᵢ₊₁ⁿ"],
  [String.raw`e^{i\pi}+1=0`, "e^(iπ)+1=0"],
  [String.raw`\alpha \to \mathbb{R}`, "α → ℝ"],
  [String.raw`\left( \sum_{k=1}^{n} k \right)`, "( ∑ₖ₌₁ⁿ k )"],
  [String.raw`\hat{x} \vec{v}`, "x̂ v⃗"],
  [String.raw`f'(x) \le \text{a b}`, "f′(x) ≤ a b"],
  [String.raw`\begin{bmatrix}1 & 2\\3 & 4\end{bmatrix}`, "[1 2 ; 3 4]"],
  [String.raw`\begin{align} a &= b \\ c &= d \end{align}`, "a = b\nc = d"],
  [String.raw`\lim_{x \to 0}\frac{\sin x}{x}`, "lim_(x → 0)(sin x)/x"],
  [String.raw`P(A \mid B)`, "P(A | B)"],
  [String.raw`\unheardOf{x}`, String.raw`\unheardOfx`],
  [String.raw`50\% of \$3`, "50% of $3"],
])("%s reads as %s", (source, text) => expect(latexToText(source)).toBe(text));

test("a formula that a kernel sent", () => expect(shown(captured("latex"))).toBe("∫₀^∞ e^(−x²) dx = √π/2"));

test("what an object prints of itself in two dimensions is not flattened", () => {
  expect(shown(captured("sympy")).split("\n")).toHaveLength(6);
  expect(shown(captured("sympy-latex"))).toContain("Matrix(");
});

test.each(["{", "\\frac", "^", "x_", "\\begin{matrix}", "\\sqrt[", "}", "\\left", "\\", "a^b"])(
  "%s without end takes no quadratic time",
  (piece) => {
    const started = performance.now();
    latexToText(piece.repeat(Math.floor(49_000 / piece.length)));
    expect(performance.now() - started).toBeLessThan(1_000);
  },
);
