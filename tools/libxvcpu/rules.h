/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words for &enum xvcpu_rule: which rule of VM entry a refused guest broke.
 */
#ifndef XVCPU_RULES_H
#define XVCPU_RULES_H

/**
 * xvcpu_rule_name() - identifier of an &enum xvcpu_rule
 * @rule: &xvcpu_exit_fail_entry.rule
 *
 * Return: the name without XVCPU_RULE_, in lower case; "unknown" for rules of a newer kernel.
 */
const char *xvcpu_rule_name(unsigned int rule);

/**
 * xvcpu_rule_text() - what an &enum xvcpu_rule demands, in a sentence
 * @rule: &xvcpu_exit_fail_entry.rule
 *
 * Return: one line without a final stop; "unknown" for rules of a newer kernel.
 */
const char *xvcpu_rule_text(unsigned int rule);

#endif /* XVCPU_RULES_H */
