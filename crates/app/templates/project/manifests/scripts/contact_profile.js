// Names the profile of a contact. Tests are given no variables.
function main(context) {
  const contactId = context.input.contactId;
  if (typeof contactId !== "string") {
    throw new Error("contactId must be text");
  }
  const variables = context.variables || {};
  return { contactId, profile: `${variables.api_endpoint || ""}/contacts/${contactId}` };
}
