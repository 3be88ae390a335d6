// Country codes by name.
const CODES = { Austria: "AT", Germany: "DE", Switzerland: "CH" };

function main(context) {
  const country = context.input.country;
  return country ? CODES[country] || null : CODES;
}
