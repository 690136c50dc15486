// Answers the lines `gatewayctl policy decide` answers, with the npm package `casbin`, by the rows of `gatewayctl policy export`.
// usage: node casbin_decide.cjs <folder with node_modules> <folder with model.conf and policy.csv> < questions > answers
// The functions are as much of src/Gateway.Policy/README.md as the rows of Nova's actions need.
'use strict';
const fs = require('fs');
const path = require('path');

const [folder, exported] = process.argv.slice(2);
const casbin = require(path.join(folder, 'node_modules', 'casbin'));

const filled = (template, target) => {
  let missing = false;
  const text = template.replace(/%\((\w+)\)s/g, (_, name) => {
    if (!(name in target)) missing = true;
    return String(target[name]);
  });
  return missing ? null : text;
};
const scopeOf = (creds) => (creds.system_scope ? 'system' : creds.domain_id ? 'domain' : 'project');

(async () => {
  const enforcer = await casbin.newEnforcer(path.join(exported, 'model.conf'), path.join(exported, 'policy.csv'));
  await enforcer.addFunction('scope', (creds, list) => list === '' || list.split(' ').includes(scopeOf(creds)));
  await enforcer.addFunction('role', (creds, target, name) => (creds.roles ?? []).some((role) => role.toLowerCase() === name.toLowerCase()));
  await enforcer.addFunction('attr', (creds, target, name, template) => name in creds && String(creds[name]) === filled(template, target));
  const answers = [];
  for (const line of fs.readFileSync(0, 'utf8').split('\n')) {
    if (!line) continue;
    const { id, action, creds, target } = JSON.parse(line);
    answers.push(JSON.stringify({ id, allowed: enforcer.enforceSync(creds, target, action) }));
  }
  process.stdout.write(answers.join('\n') + '\n');
})();
