// Passes the processed time on.
function main(context) {
  return { at: context.input.call_back_at };
}
