// Adds to a quiz what its style sheet cannot do: screen readers speak the explanation of the chosen
// answer, and when all questions are answered, a line counts the right ones.
for (const quiz of document.querySelectorAll(".pooling-quiz")) {
  const questions = quiz.querySelectorAll("fieldset").length;
  quiz.addEventListener("change", (event) => {
    const why = event.target.closest(".quiz-answer").querySelector(".quiz-why");
    const copy = why.cloneNode(true);
    copy.removeAttribute("class");
    // A second link that cannot be seen would catch the keyboard's focus.
    for (const link of copy.querySelectorAll("a, [tabindex]")) link.replaceWith(...link.childNodes);
    quiz.querySelector(".quiz-spoken").replaceChildren(copy);

    const chosen = [...quiz.querySelectorAll("input:checked")];
    const right = chosen.filter((input) => input.closest(".quiz-right")).length;
    if (chosen.length === questions) {
      quiz.querySelector(".quiz-count").textContent = `${right} of ${questions} right.`;
    }
  });
}
