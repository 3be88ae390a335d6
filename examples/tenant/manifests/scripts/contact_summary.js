// Sums up the contacts of a customer.
function main(context) {
  const contacts = context.input.contacts || [];
  const seconds = contacts.reduce((sum, contact) => sum + (contact.seconds || 0), 0);
  return { customerId: context.input.customerId, contacts: contacts.length, seconds };
}
