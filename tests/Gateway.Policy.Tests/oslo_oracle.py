#!/usr/bin/python3
"""Answers questions about rules with the original engine, oslo.policy: one JSON object a line in, one a line out, in order.

    {"ask": "parse", "check": ...}                                  -> {"answer": canonical text | "error:..."}
    {"ask": "decide", "rules", "default_rule", "action", "creds", "target", "nova"?} -> {"answer": true | false | "error:..."}
    {"ask": "registered", "defaults", "file_rules", "config", "action", "creds", "target"} -> the same
    {"ask": "files", "main": text | null, "directory": {name: text}, "action", "creds", "target"} -> the same
    {"ask": "format", "template", "target"}                         -> {"answer": text | "error:..."}
    {"ask": "kind", "kind"}                                         -> {"answer": ["path"] | ["literal", text] | "error:..."}
    {"ask": "lower", "text"}                                        -> {"answer": text}
    {"ask": "str", "value"}                                         -> {"answer": text}
    {"ask": "version"}                                              -> {"answer": "4.0.0"}
"""
import ast
import json
import logging
import os
import shutil
import sys
import tempfile
import warnings

from oslo_config import cfg
from oslo_policy import _checks
from oslo_policy import _parser
from oslo_policy import opts
from oslo_policy import policy

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


class NovaAdminCheck(policy.Check):
    """Nova's own check, as nova/policy.py registers it."""

    def __init__(self, kind, match):
        self.expected = match.lower() == "true"
        super().__init__(kind, str(self.expected))

    def __call__(self, target, creds, enforcer):
        return creds["is_admin"] == self.expected


_confs = {}


def conf_for(scope, new_defaults):
    key = (scope, new_defaults)
    if key not in _confs:
        conf = cfg.ConfigOpts()
        conf([], project="oracle", default_config_files=[], default_config_dirs=[])
        opts._register(conf)
        conf.set_override("policy_dirs", [], group="oslo_policy")
        conf.set_override("enforce_scope", scope, group="oslo_policy")
        conf.set_override("enforce_new_defaults", new_defaults, group="oslo_policy")
        _confs[key] = conf
    return _confs[key]


def error_name(error):
    # A stack that ends inside inspect is reported by it as a TypeError of its own.
    if isinstance(error, TypeError) and "unsupported callable" in str(error):
        return "RecursionError"
    for base in (SyntaxError, KeyError, RecursionError, OverflowError):
        if isinstance(error, base):
            return base.__name__
    return type(error).__name__


def enforce(enforcer, question):
    try:
        return bool(enforcer.enforce(question["action"], question["target"], dict(question["creds"])))
    except Exception as error:
        return "error:" + error_name(error)


def parse(question):
    try:
        check = _parser.parse_rule(question["check"])
    except Exception as error:
        return "error:" + error_name(error)
    return str(check) if isinstance(check, _checks.BaseCheck) else "error:notacheck"


def decide(question):
    if question.get("nova"):
        _checks.registered_checks["is_admin"] = NovaAdminCheck
    try:
        enforcer = policy.Enforcer(conf_for(False, False), policy_file="none", use_conf=False, default_rule=question.get("default_rule"))
        try:
            enforcer.set_rules(policy.Rules.from_dict(question["rules"], question.get("default_rule")), use_conf=False)
        except Exception as error:
            return "error:load:" + error_name(error)
        return enforce(enforcer, question)
    finally:
        _checks.registered_checks.pop("is_admin", None)


def registered(question):
    config = question.get("config") or {}
    enforcer = policy.Enforcer(conf_for(config.get("enforce_scope", False), config.get("enforce_new_defaults", False)), policy_file="none")
    for default in question["defaults"]:
        old = default.get("deprecated_rule")
        former = policy.DeprecatedRule(old["name"], old["check_str"], deprecated_reason="r", deprecated_since="s") if old else None
        enforcer.register_default(policy.RuleDefault(default["name"], default["check_str"], deprecated_rule=former, scope_types=default.get("scope_types")))
    rules = question.get("file_rules") or {}
    enforcer.set_rules(policy.Rules.from_dict(rules), use_conf=True)
    enforcer.file_rules = {name: policy.RuleDefault(name, check) for name, check in rules.items()}
    return enforce(enforcer, question)


def files(question):
    place = tempfile.mkdtemp()
    try:
        conf = cfg.ConfigOpts()
        conf([], project="oracle", default_config_files=[], default_config_dirs=[])
        opts._register(conf)
        main = os.path.join(place, "policy.yaml")
        if question.get("main") is not None:
            with open(main, "w", encoding="utf-8") as output:
                output.write(question["main"])
        directory = os.path.join(place, "policy.d")
        os.mkdir(directory)
        for name, text in question["directory"].items():
            with open(os.path.join(directory, name), "w", encoding="utf-8") as output:
                output.write(text)
        conf.set_override("policy_dirs", [directory], group="oslo_policy")
        enforcer = policy.Enforcer(conf, policy_file=main)
        try:
            enforcer.load_rules()
        except Exception as error:
            return "error:load:" + error_name(error)
        return enforce(enforcer, question)
    finally:
        shutil.rmtree(place)


def formatted(question):
    try:
        return question["template"] % question["target"]
    except Exception as error:
        return "error:" + error_name(error)


def kind(question):
    try:
        return ["literal", str(ast.literal_eval(question["kind"]))]
    except ValueError:
        return ["path"]
    except Exception as error:
        return "error:" + error_name(error)


def answer(question):
    ask = question["ask"]
    if ask == "lower":
        return question["text"].lower()
    if ask == "str":
        return str(question["value"])
    if ask == "version":
        from importlib import metadata
        return metadata.version("oslo.policy")
    return {"parse": parse, "decide": decide, "registered": registered, "files": files, "format": formatted, "kind": kind}[ask](question)


def main():
    for line in sys.stdin:
        sys.stdout.write(json.dumps({"answer": answer(json.loads(line))}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
