/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel small enough for a test: what kmod/slots.c, kmod/ept/, kmod/memory.c and
 * kmod/mmu_notifier.c need of memory management, for one thread.
 *
 * A test includes the sources themselves, then plays the address space and the processor. It can
 * put an event between any two steps of the code through the shim_on_* hooks: what is a race in
 * the kernel is a sequence here, and happens every time. Locks only check that they are used
 * properly.
 *
 * Physical memory is an arena; pages that are free are poisoned for the address sanitizer.
 */
#ifndef SELFTESTS_HOST_KERNEL_SHIM_MEM_H
#define SELFTESTS_HOST_KERNEL_SHIM_MEM_H

#include <errno.h>
#include <limits.h>
#include <sanitizer/asan_interface.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bits.h>
#include <linux/types.h>

/* ------------------------------------------------------------------ language and compiler */

/* Callbacks have parameters that they do not need, and the kernel does not warn of them. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define __rcu
#define __user
#define __acquires(lock)
#define __releases(lock)
#define READ_ONCE(x)			(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value)		(*(volatile __typeof__(x) *)&(x) = (value))
#define container_of(ptr, type, member)	((type *)((char *)(ptr) - offsetof(type, member)))
#define ARRAY_SIZE(array)		(sizeof(array) / sizeof((array)[0]))
#define struct_size(p, member, n)	(offsetof(__typeof__(*(p)), member[n]))
#define min(a, b)			((a) < (b) ? (a) : (b))
#define max(a, b)			((a) > (b) ? (a) : (b))
#define min_t(type, a, b)		min((type)(a), (type)(b))
#define ilog2(x)			(63 - __builtin_clzll(x))
#define IS_ENABLED(CONFIG_option)	1

#define shim_require(condition)							\
	do {									\
		if (!(condition)) {						\
			printf("Bail out! %s:%d: %s\n", __FILE__, __LINE__,	\
			       #condition);					\
			fflush(stdout);						\
			abort();						\
		}								\
	} while (0)
#define WARN_ON_ONCE(condition)		shim_require(!(condition))

#define MAX_ERRNO			4095
#define ERR_PTR(error)			((void *)(long)(error))
#define PTR_ERR(ptr)			((long)(ptr))
#define IS_ERR(ptr)			((unsigned long)(ptr) >= (unsigned long)-MAX_ERRNO)
#ifndef ERESTARTSYS
#define ERESTARTSYS			512
#endif

#define array_index_nospec(index, size)	((index) < (size) ? (index) : 0)
#define smp_rmb()			do { } while (0)	/* one thread: nothing to order */
#define smp_wmb()			do { } while (0)	/* likewise */
#define smp_load_acquire(p)		(*(p))			/* likewise */
#define smp_store_release(p, value)	(*(p) = (value))	/* likewise */
#define xchg(p, value)			__atomic_exchange_n(p, value, __ATOMIC_SEQ_CST)
#define try_cmpxchg(p, old, new)						\
	__atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

typedef struct { int counter; } atomic_t;
typedef struct { s64 counter; } atomic64_t;

#define ATOMIC_INIT(i)			{ i }
#define atomic_set(v, i)		((v)->counter = (i))
#define atomic_read(v)			((v)->counter)
#define atomic_inc(v)			((void)(v)->counter++)
#define atomic_dec_and_test(v)		(--(v)->counter == 0)
#define atomic64_set(v, i)		((v)->counter = (i))
#define atomic64_read(v)		((v)->counter)
#define atomic64_inc_return(v)		(++(v)->counter)

#define BITS_TO_LONGS(n)		(((n) + 63) / 64)
#define DECLARE_BITMAP(name, n)		unsigned long name[BITS_TO_LONGS(n)]

static inline bool test_bit(unsigned long nr, const unsigned long *map)
{
	return map[nr / 64] >> (nr % 64) & 1;
}

static inline bool __test_and_set_bit(unsigned long nr, unsigned long *map)
{
	bool was = test_bit(nr, map);

	map[nr / 64] |= 1ul << (nr % 64);
	return was;
}

static inline bool test_and_clear_bit(unsigned long nr, unsigned long *map)
{
	bool was = test_bit(nr, map);

	map[nr / 64] &= ~(1ul << (nr % 64));
	return was;
}

#define sort(base, nr, size, compare, swap)	qsort(base, nr, size, compare)

/* ------------------------------------------------------------------ lists */

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	entry->prev = head;
	entry->next = head->next;
	head->next->prev = entry;
	head->next = entry;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	list_add(entry, head->prev);
}

static inline void list_del(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	entry->next = NULL;
	entry->prev = NULL;
}

#define list_entry(ptr, type, member)	container_of(ptr, type, member)
#define list_for_each_entry(pos, head, member)					\
	for (pos = list_entry((head)->next, __typeof__(*pos), member);		\
	     &pos->member != (head);						\
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))
#define list_for_each_entry_safe(pos, ahead, head, member)			\
	for (pos = list_entry((head)->next, __typeof__(*pos), member),		\
	     ahead = list_entry(pos->member.next, __typeof__(*pos), member);	\
	     &pos->member != (head);						\
	     pos = ahead, ahead = list_entry(pos->member.next, __typeof__(*pos), member))

/* ------------------------------------------------------------------ locks, tasks, RCU */

#define spinlock_t			struct shim_spinlock
#define rwlock_t			struct shim_rwlock
#define wait_queue_head_t		struct shim_waitqueue

struct shim_spinlock { int held; };
struct shim_rwlock { int readers, writer; };
struct shim_waitqueue { int waiters; };
struct mutex { int held; };
struct rcu_head { void *next; };
struct mm_struct { int count; };
struct shim_task { struct mm_struct *mm; bool killed; };

#define SHIM_UNUSED __attribute__((unused))

static struct mm_struct SHIM_UNUSED shim_mm, shim_other_mm;
static struct shim_task shim_task = { .mm = &shim_mm };
static bool SHIM_UNUSED shim_need_resched;
static int SHIM_UNUSED shim_rcu_readers;

/* Where a test can step in; each is cleared before it is called. */
static SHIM_UNUSED void (*shim_on_resched)(void);
static SHIM_UNUSED void (*shim_on_gup)(void);
static SHIM_UNUSED void (*shim_on_user_copy)(void);

#define current				(&shim_task)
#define fatal_signal_pending(task)	((task)->killed)
#define need_resched()			shim_need_resched
#define spin_needbreak(lock)		false
#define might_sleep()			do { } while (0)

static inline void shim_call(void (**hook)(void))
{
	void (*function)(void) = *hook;

	*hook = NULL;
	if (function)
		function();
}

#define spin_lock_init(l)		((l)->held = 0)
#define spin_lock(l)			do { shim_require(!(l)->held); (l)->held = 1; } while (0)
#define spin_unlock(l)			do { shim_require((l)->held); (l)->held = 0; } while (0)
#define lockdep_is_held(l)		((l)->held)
#define lockdep_assert_held(l)		shim_require((l)->held)

#define rwlock_init(l)			((l)->readers = 0, (l)->writer = 0)
#define read_lock(l)			do { shim_require(!(l)->writer); (l)->readers++; } while (0)
#define read_unlock(l)			do { shim_require((l)->readers); (l)->readers--; } while (0)
#define write_lock(l)								\
	do { shim_require(!(l)->writer && !(l)->readers); (l)->writer = 1; } while (0)
#define write_unlock(l)			do { shim_require((l)->writer); (l)->writer = 0; } while (0)

#define mutex_init(l)			((l)->held = 0)
#define mutex_unlock(l)			do { shim_require((l)->held); (l)->held = 0; } while (0)

static inline int mutex_lock_killable(struct mutex *lock)
{
	shim_require(!lock->held);
	if (current->killed)
		return -EINTR;
	lock->held = 1;
	return 0;
}

static inline void cond_resched(void)
{
	shim_need_resched = false;
	shim_call(&shim_on_resched);
}

static SHIM_UNUSED void (*shim_on_wait)(void);

#define init_waitqueue_head(wq)		((wq)->waiters = 0)
#define wq_has_sleeper(wq)		((wq)->waiters > 0)
#define wake_up_all(wq)			((wq)->waiters = 0)
#define wait_event_interruptible_timeout(wq, condition, timeout)			\
	do {									\
		(wq).waiters++;							\
		shim_call(&shim_on_wait);					\
		/* Whoever made it true must have woken us; else time is up. */	\
		shim_require(!(condition) || !(wq).waiters);			\
	} while (0)
#define likely(condition)		(condition)
#define wait_var_event(var, condition)	shim_require(condition)
#define wake_up_var(var)		((void)(var))

#define rcu_read_lock()			((void)shim_rcu_readers++)
#define rcu_read_unlock()		((void)shim_rcu_readers--)
#define rcu_dereference(p)		({ shim_require(shim_rcu_readers); (p); })
#define rcu_dereference_protected(p, condition)	({ shim_require(condition); (p); })
#define synchronize_rcu()		shim_require(!shim_rcu_readers)
#define rcu_access_pointer(p)		(p)
#define rcu_assign_pointer(p, value)	((p) = (value))
#define kvfree_rcu(p, member)		do { shim_require(!shim_rcu_readers); free(p); } while (0)

#define GFP_KERNEL_ACCOUNT		0
#define __GFP_ZERO			0
#define kvfree(p)			free(p)
#define kfree(p)			free(p)

/* Fail the n-th allocation from now on; 0: none. */
static unsigned int shim_fail_alloc;

static inline bool shim_alloc_fails(void)
{
	return shim_fail_alloc && !--shim_fail_alloc;
}

static inline void *kvzalloc(size_t size, int flags)
{
	(void)flags;
	return shim_alloc_fails() ? NULL : calloc(1, size);
}

#define kzalloc(size, flags)		kvzalloc(size, flags)

/* ------------------------------------------------------------------ physical memory */

#define PAGE_SHIFT			12
#define PAGE_SIZE			BIT(PAGE_SHIFT)
#define PAGE_MASK			(~(PAGE_SIZE - 1))
#define PAGE_ALIGNED(x)			(!((x) & (PAGE_SIZE - 1)))
#define offset_in_page(x)		((unsigned long)(x) & ~PAGE_MASK)
#define PFN_PHYS(pfn)			((u64)(pfn) << PAGE_SHIFT)
#define TASK_SIZE_MAX			((1ul << 47) - PAGE_SIZE)

struct page {
	unsigned long private, index;
	struct list_head lru;
	int refs;
	bool dirty, accessed, reserved;
};

struct folio {
	struct page page;
};

#define SHIM_PAGES			4096
#define SHIM_FIRST_PFN			0x100
#define SHIM_FIRST_PHYS			PFN_PHYS(SHIM_FIRST_PFN)

static u8 shim_memory[SHIM_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static struct page shim_pages[SHIM_PAGES];
static unsigned int shim_pages_used;

#define page_to_pfn(p)			((unsigned long)((p) - shim_pages) + SHIM_FIRST_PFN)
#define pfn_to_page(pfn)		(&shim_pages[(pfn) - SHIM_FIRST_PFN])
#define page_address(p)			((void *)shim_memory[(p) - shim_pages])
#define __pa(p)				((u64)((u8 *)(p) - (u8 *)shim_memory) + SHIM_FIRST_PHYS)
#define __va(pa)			((void *)((u8 *)shim_memory + ((pa) - SHIM_FIRST_PHYS)))
#define virt_to_page(p)			pfn_to_page(__pa(p) >> PAGE_SHIFT)
#define page_private(p)			((p)->private)
#define set_page_private(p, value)	((p)->private = (value))
#define page_folio(p)			((struct folio *)(p))
#define PageReserved(p)			((p)->reserved)
#define PageDirty(p)			((p)->dirty)
#define set_page_dirty(p)		((p)->dirty = true)
#define folio_test_dirty(f)		((f)->page.dirty)

/* Marks are for pages that somebody still holds. */
static inline void folio_mark_dirty(struct folio *folio)
{
	shim_require(folio->page.refs > 0);
	folio->page.dirty = true;
}

static inline void folio_mark_accessed(struct folio *folio)
{
	shim_require(folio->page.refs > 0);
	folio->page.accessed = true;
}

static inline struct page *shim_page_alloc(void)
{
	unsigned int i;

	for (i = 0; i < SHIM_PAGES; i++) {
		struct page *page = &shim_pages[i];

		if (page->refs)
			continue;
		memset(page, 0, sizeof(*page));
		page->refs = 1;
		shim_pages_used++;
		ASAN_UNPOISON_MEMORY_REGION(shim_memory[i], PAGE_SIZE);
		memset(shim_memory[i], 0, PAGE_SIZE);
		return page;
	}
	return NULL;
}

static inline void put_page(struct page *page)
{
	shim_require(page->refs > 0);
	if (--page->refs)
		return;
	shim_pages_used--;
	ASAN_POISON_MEMORY_REGION(page_address(page), PAGE_SIZE);
}

static inline unsigned long __get_free_page(int flags)
{
	struct page *page = shim_alloc_fails() ? NULL : shim_page_alloc();

	(void)flags;
	return page ? (unsigned long)page_address(page) : 0;
}

static inline void free_page(unsigned long address)
{
	struct page *page = virt_to_page((void *)address);

	/* As the page allocator wants them. */
	shim_require(!page->private && !page->index && page->refs == 1);
	put_page(page);
}

#define kmap_local_page(page)	page_address(page)
#define kunmap_local(address)	((void)(address))
#define cmpxchg(at, old, new)	__sync_val_compare_and_swap(at, old, new)
#define memcpy_to_page(page, offset, from, len) \
	memcpy((u8 *)page_address(page) + (offset), from, len)

/* ------------------------------------------------------------------ the owner's address space */

#define FOLL_WRITE			1
#define FOLL_HWPOISON			2

#define SHIM_USER_BASE			0x10000000ul
#define SHIM_USER_PAGES			512

/* A page-table entry of the owner: no page means that a look-up returns @error. */
struct shim_pte {
	struct page *page;
	bool writable;
	int error;
};

static struct shim_pte shim_user[SHIM_USER_PAGES];

static inline struct shim_pte *shim_pte(u64 hva)
{
	u64 index = (hva - SHIM_USER_BASE) >> PAGE_SHIFT;

	return index < SHIM_USER_PAGES ? &shim_user[index] : NULL;
}

static inline int shim_gup(u64 hva, unsigned int flags, struct page **page)
{
	struct shim_pte *pte = shim_pte(hva);

	if (!pte || !pte->page || ((flags & FOLL_WRITE) && !pte->writable))
		return pte && pte->error ? pte->error : -EFAULT;
	pte->page->refs++;
	*page = pte->page;
	return 1;
}

/* The fast path finds nothing while a test has it so. */
static bool shim_no_fast_gup;

static inline int get_user_pages_fast_only(u64 hva, int nr, unsigned int flags, struct page **page)
{
	int got;

	(void)nr;
	if (shim_no_fast_gup)
		return 0;
	got = shim_gup(hva, flags, page);
	if (got == 1)
		shim_call(&shim_on_gup);
	return got == 1;
}

static inline long get_user_pages_unlocked(u64 hva, int nr, struct page **page, unsigned int flags)
{
	int got = shim_gup(hva, flags, page);

	(void)nr;
	shim_call(&shim_on_gup);
	return got;
}

static inline unsigned long copy_from_user(void *to, const void *from, unsigned long len)
{
	struct shim_pte *pte = shim_pte((u64)from);

	shim_require(offset_in_page(from) + len <= PAGE_SIZE);
	if (!pte || !pte->page)
		return len;
	memcpy(to, (u8 *)page_address(pte->page) + offset_in_page(from), len);
	shim_call(&shim_on_user_copy);
	return 0;
}

#define mmgrab(mm)			((void)(mm)->count++)
#define mmdrop(mm)			((void)(mm)->count--)
#define mmap_write_lock_killable(mm)	((void)(mm), current->killed ? -EINTR : 0)
#define mmap_write_unlock(mm)		((void)(mm))

/* ------------------------------------------------------------------ notifiers: one at a time */

struct mmu_notifier_ops;

struct mmu_notifier {
	const struct mmu_notifier_ops *ops;
	int users;
};

struct mmu_notifier_range {
	unsigned long start, end;
	bool blockable;
};

struct mmu_notifier_ops {
	int (*invalidate_range_start)(struct mmu_notifier *mn, const struct mmu_notifier_range *r);
	void (*invalidate_range_end)(struct mmu_notifier *mn, const struct mmu_notifier_range *r);
	void (*release)(struct mmu_notifier *mn, struct mm_struct *mm);
	int (*clear_flush_young)(struct mmu_notifier *mn, struct mm_struct *mm,
				 unsigned long start, unsigned long end);
	int (*clear_young)(struct mmu_notifier *mn, struct mm_struct *mm,
			   unsigned long start, unsigned long end);
	int (*test_young)(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long address);
	struct mmu_notifier *(*alloc_notifier)(struct mm_struct *mm);
	void (*free_notifier)(struct mmu_notifier *mn);
};

static struct mmu_notifier *shim_notifier;

#define mmu_notifier_range_blockable(range)	((range)->blockable)
#define mmu_notifier_synchronize()		do { } while (0)

static inline struct mmu_notifier *mmu_notifier_get_locked(const struct mmu_notifier_ops *ops,
							   struct mm_struct *mm)
{
	if (!shim_notifier) {
		struct mmu_notifier *notifier = ops->alloc_notifier(mm);

		if (IS_ERR(notifier))
			return notifier;
		notifier->ops = ops;
		shim_notifier = notifier;
	}
	shim_notifier->users++;
	return shim_notifier;
}

static inline void mmu_notifier_put(struct mmu_notifier *notifier)
{
	shim_require(notifier->users > 0);
	if (--notifier->users)
		return;
	shim_notifier = NULL;
	notifier->ops->free_notifier(notifier);
}

#endif /* SELFTESTS_HOST_KERNEL_SHIM_MEM_H */
