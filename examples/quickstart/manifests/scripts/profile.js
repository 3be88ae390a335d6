// Builds the profile that is kept in the cache.
function main(context) {
  const contactId = context.input.contactId;
  return { contactId, language: context.input.language || "en", channels: ["voice", "chat"] };
}
