/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ioctl arguments: structs that begin with their size, and the error record inside them.
 */
#ifndef XVCPU_ARGS_H
#define XVCPU_ARGS_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>

#include <xvcpu.h>

/*
 * The size is fetched once: what copy_struct_from_user() then reads in its place is overwritten,
 * so that a caller who changes it meanwhile gains nothing.
 */
static inline int args_copy(void *to, size_t known, size_t least, const void __user *arg)
{
	u32 size;
	int err;

	if (get_user(size, (const u32 __user *)arg))
		return -EFAULT;
	if (size < least)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(to, known, arg, size);
	if (!err)
		*(u32 *)to = size;
	return err;
}

/* Fetch *@to from user memory; every struct's first published size is what it is now. */
#define args_get(to, arg) ({						\
	BUILD_BUG_ON(offsetof(typeof(*(to)), size) != 0);		\
	args_copy(to, sizeof(*(to)), sizeof(*(to)), arg);		\
})

/* Give the error record back, which says nothing if there is nothing to say; the errno stays. */
#define args_error(from, arg, err) ({					\
	long __err = (err);						\
									\
	if (__err < 0 &&						\
	    copy_to_user(&(arg)->error, &(from)->error, sizeof((from)->error))) \
		__err = -EFAULT;					\
	__err;								\
})

static inline int args_refuse(struct xvcpu_error *error, u32 code, size_t field, u64 value,
			      u64 expected)
{
	error->code = code;
	error->field = field;
	error->value = value;
	error->expected = expected;
	return -EINVAL;
}

/* Ignored on input, whatever the caller left there. */
static inline void args_clear_error(struct xvcpu_error *error)
{
	*error = (struct xvcpu_error){};
}

#endif /* XVCPU_ARGS_H */
