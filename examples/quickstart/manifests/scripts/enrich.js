// Adds the customer's segment to the input.
function main(context) {
  const score = context.input.score;
  if (typeof score !== "number") {
    throw new Error("score must be a number");
  }
  const segment = score >= 75 ? "gold" : score >= 40 ? "silver" : "bronze";
  return { score, segment };
}
