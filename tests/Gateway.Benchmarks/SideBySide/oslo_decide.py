#!/usr/bin/python3
"""Answers the lines `gatewayctl policy decide` answers, with oslo.policy: oslo_decide.py DEFAULTS.yaml < questions > answers"""
import json
import logging
import sys
import warnings

import yaml
from oslo_config import cfg
from oslo_policy import opts
from oslo_policy import policy

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


def enforcer_of(defaults):
    conf = cfg.ConfigOpts()
    conf([], project="bench", default_config_files=[], default_config_dirs=[])
    opts._register(conf)
    conf.set_override("policy_dirs", [], group="oslo_policy")
    conf.set_override("enforce_scope", True, group="oslo_policy")
    conf.set_override("enforce_new_defaults", True, group="oslo_policy")
    enforcer = policy.Enforcer(conf, policy_file="none", use_conf=False)
    for name, rule in defaults.items():
        enforcer.register_default(policy.RuleDefault(name, rule["check"], scope_types=rule.get("scope_types")))
    # Registered defaults come into force when rules are loaded; once is enough here, so that no decision looks for files.
    enforcer.set_rules(policy.Rules({}), use_conf=True)
    enforcer.load_rules()
    enforcer.use_conf = False
    return enforcer


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        enforcer = enforcer_of(yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    for line in sys.stdin:
        question = json.loads(line)
        try:
            allowed = bool(enforcer.enforce(question["action"], question["target"], question["creds"]))
        except policy.InvalidScope:
            allowed = False
        sys.stdout.write(json.dumps({"id": question["id"], "allowed": allowed}) + "\n")


main()
