// Builds the request that tells the CRM about a score.
function main(context) {
  const variables = context.variables || {};
  return {
    url: `${variables.api_endpoint || "https://api.example.com/v1"}/scores`,
    body: { score: context.input.score },
  };
}
