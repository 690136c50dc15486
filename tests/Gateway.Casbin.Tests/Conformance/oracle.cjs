// Answers questions about Casbin with the npm package `casbin`.
// usage: node oracle.cjs <folder with node_modules> <questions.jsonl> <answers.jsonl>
// A question is {call, arguments} for one built-in function, or {model, policy, names, domains, context, requests} for decisions.
'use strict';
const fs = require('fs');
const path = require('path');

const [folder, questions, answers] = process.argv.slice(2);
const casbin = require(path.join(folder, 'node_modules', 'casbin'));
const { Helper } = require(path.join(folder, 'node_modules', 'casbin', 'lib', 'cjs', 'persist', 'helper.js'));
console.log = () => {}; // ipMatch prints bad addresses.

// The package's own text adapter refuses an empty policy.
const adapterOf = (text) => ({
  async loadPolicy(model) {
    for (const line of text.split('\n')) {
      if (line.trim()) Helper.loadPolicyLine(line, model);
    }
  },
});

const attempt = (ask) => {
  try {
    return ask();
  } catch (error) {
    return { error: String(error.message) };
  }
};

const callOf = (name) => (name === 'globMatch' ? casbin.Util.globMatch : casbin.Util[`${name}Func`]);

const decide = async ({ model, policy, names, domains, context, requests }) => {
  const enforcer = await casbin.newEnforcer(casbin.newModelFromString(model), adapterOf(policy));
  for (const [type, name] of Object.entries(names ?? {})) await enforcer.addNamedMatchingFunc(type, callOf(name));
  for (const [type, name] of Object.entries(domains ?? {})) await enforcer.addNamedDomainMatchingFunc(type, callOf(name));
  await enforcer.addFunction('keyMatchCustom', callOf('keyMatch2'));
  const before = context ? [new casbin.EnforceContext(...context)] : [];
  return requests.map((request) => attempt(() => {
    const [allowed, explain] = enforcer.enforceExSync(...before, ...request);
    return { allowed, explain };
  }));
};

(async () => {
  const out = [];
  for (const line of fs.readFileSync(questions, 'utf8').split('\n')) {
    if (!line) continue;
    const question = JSON.parse(line);
    let answer;
    try {
      answer = question.call
        ? question.arguments.map((given) => attempt(() => ({ value: callOf(question.call)(...given) })))
        : await decide(question);
    } catch (error) {
      answer = { error: String(error.message) };
    }
    out.push(JSON.stringify(answer));
  }
  fs.writeFileSync(answers, out.join('\n'));
})();
