// What hey-api makes: a client from the file DOCUMENT in the directory CLIENT, for Node.js and browsers.
export default {
  input: process.env.DOCUMENT,
  output: { path: process.env.CLIENT, importFileExtension: ".js" },
  plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
};
