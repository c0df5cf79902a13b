/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of xvcpuctl: each in its cmd_*.c, listed in main.c.
 */
#ifndef XVCPUCTL_COMMAND_H
#define XVCPUCTL_COMMAND_H

/*
 * Each takes the arguments from the command's name on, with argv[0] already "xvcpuctl NAME", and
 * returns an enum status (or a guest's own).
 */
int cmd_doctor(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_trace(int argc, char **argv);

#endif /* XVCPUCTL_COMMAND_H */
