// Passes the processed date on.
function main(context) {
  return { at: context.input.processed_datetime || context.input.input_datetime };
}
