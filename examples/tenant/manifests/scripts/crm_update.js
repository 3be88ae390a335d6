// Builds the request that writes a summary to the CRM.
function main(context) {
  const summary = context.input.summary;
  if (!summary || !summary.customerId) {
    throw new Error("summary.customerId is missing");
  }
  return {
    url: `${context.variables.crm_url}/customers/${summary.customerId}/contacts`,
    body: { contacts: summary.contacts, seconds: summary.seconds },
  };
}
