#include "recovery/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/* Landlock, as far as it is used; an older header knows less than the kernel. */
#define EXECUTE (UINT64_C(1) << 0)
#define WRITE_FILE (UINT64_C(1) << 1)
#define READ_FILE (UINT64_C(1) << 2)
#define READ_DIR (UINT64_C(1) << 3)
#define REFER (UINT64_C(1) << 13)    /* from 2 on */
#define TRUNCATE (UINT64_C(1) << 14) /* from 3 on */
#define ALL_OF_1 ((UINT64_C(1) << 13) - 1)
#define BIND_TCP (UINT64_C(1) << 0) /* from 4 on */
#define CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPE_ALL UINT64_C(3) /* abstract sockets and signals, from 6 on */
#define RULE_PATH 1
#define RULE_PORT 2
#define ASK_VERSION 1U

struct rule_set {
	uint64_t files, net, scoped;
};
struct rule_path {
	uint64_t allowed;
	int32_t at;
} __attribute__((packed));
struct rule_port {
	uint64_t allowed, port;
};

#if defined(__x86_64__)
#define OURS AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OURS AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OURS AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OURS AUDIT_ARCH_PPC64LE
#endif
/* s390x is not among them: its libraries speak to sockets by socketcall(), whose arguments no filter sees. */

/* --- which files --- */

static uint64_t files_of(unsigned abi)
{
	return ALL_OF_1 | (abi >= 2 ? REFER : 0) | (abi >= 3 ? TRUNCATE : 0);
}

/* A path that is not there needs no rule. */
static bool allow(const struct confine *c, const char *path, uint64_t rights, struct err *err)
{
	auto_fd at = open(path, O_PATH | O_CLOEXEC);
	struct rule_path rule = { rights & files_of(c->abi), at };
	struct stat st;

	if (at < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES || err_sys(err, "%s", path);
	if (fstat(at, &st) != 0)
		return err_sys(err, "%s", path);
	if (!S_ISDIR(st.st_mode))
		rule.allowed &= EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE;
	return syscall(SYS_landlock_add_rule, c->rules, RULE_PATH, &rule, 0) == 0 || err_sys(err, "%s cannot be let through", path);
}

/* Programs, libraries, locales, time zones, dictionaries; of devices what is no disk. */
static bool allow_all(const struct confine *c, const char *const *own, const char *programs, struct err *err)
{
	static const char *const installed[] = { "/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc", "/opt", "/nix",
						 "/var/cache/postgresql", "/sys/devices/system",
						 "/dev/urandom", "/dev/random", "/dev/zero" };
	static const char *const shared[] = { "/dev/null", "/dev/shm" };

	for (size_t i = 0; i < ARRAY_LEN(installed); i++) {
		if (!allow(c, installed[i], EXECUTE | READ_FILE | READ_DIR, err))
			return false;
	}
	if (programs && !allow(c, programs, EXECUTE | READ_FILE | READ_DIR, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(shared); i++) {
		if (!allow(c, shared[i], files_of(c->abi) & ~EXECUTE, err))
			return false;
	}
	for (; *own; own++) {
		if (!allow(c, *own, files_of(c->abi) & ~EXECUTE, err))
			return false;
	}
	return true;
}

bool confine_begin(const char *const *own, const char *programs, unsigned port, struct confine *ret, struct err *err)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
	struct confine c = { .rules = -1, .abi = abi > 0 ? (unsigned)abi : 0 };
	struct rule_set set = { files_of(c.abi), BIND_TCP | CONNECT_TCP, SCOPE_ALL };
	struct rule_port listens = { BIND_TCP, port };
	size_t size = c.abi < 4 ? 8 : c.abi < 6 ? 16 : sizeof(set);

#ifndef OURS
	c.abi = 0;
	errno = ENOSYS;
#endif
	if (!c.abi)
		return err_sys(err,
			       "this kernel has no Landlock, which keeps a backup's own code away from all else here");
	c.rules = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (c.rules < 0)
		return err_sys(err, "Landlock");
	(void)fcntl(c.rules, F_SETFD, FD_CLOEXEC);
	if (!allow_all(&c, own, programs, err)) {
		confine_end(&c);
		return false;
	}
	if (port && c.abi >= 4 && syscall(SYS_landlock_add_rule, c.rules, RULE_PORT, &listens, 0) != 0) {
		(void)err_sys(err, "port %u cannot be let through", port);
		confine_end(&c);
		return false;
	}
	*ret = c;
	return true;
}

void confine_end(struct confine *c)
{
	fd_close(&c->rules);
}

/* --- what Landlock does not look at --- */

#define REFUSED SECCOMP_RET_ERRNO | EPERM
#define PRETENDED SECCOMP_RET_ERRNO | 0 /* servers do it to their sockets, and end where it fails */
#define ABSENT SECCOMP_RET_ERRNO | ENOSYS
/* Of an argument its lower half: all of OURS are little-endian. */
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define ON(nr, what) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(nr), 0, 1), RETURN(what)

#ifdef OURS
static const struct sock_filter refused[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OURS, 1, 0),
	RETURN(REFUSED),
	LOAD(nr),
#ifdef __x86_64__
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), /* x32 has numbers of its own for the same */
	RETURN(REFUSED),
#endif
	/* Modes, owners, times, attributes: by these others would be let in, or locks made to end. */
#ifdef SYS_chmod
	ON(SYS_chmod, PRETENDED),
	ON(SYS_chown, REFUSED),
	ON(SYS_lchown, REFUSED),
#endif
	ON(SYS_fchmodat, PRETENDED),
	ON(452 /* fchmodat2 */, PRETENDED),
	ON(SYS_fchownat, REFUSED),
#ifdef SYS_utime
	ON(SYS_utime, REFUSED),
	ON(SYS_utimes, REFUSED),
	ON(SYS_futimesat, REFUSED),
#endif
	ON(SYS_utimensat, REFUSED),
	ON(SYS_setxattr, REFUSED),
	ON(SYS_lsetxattr, REFUSED),
	ON(SYS_removexattr, REFUSED),
	ON(SYS_lremovexattr, REFUSED),
	ON(463 /* setxattrat */, REFUSED),
	ON(466 /* removexattrat */, REFUSED),
	ON(469 /* file_setattr */, REFUSED),
	/* Sockets in the file system are no files to Landlock: other databases, buses, agents. */
	ON(SYS_connect, REFUSED),
#ifdef SYS_socketcall
	ON(SYS_socketcall, ABSENT),
#endif
	/* It does what is refused here by another way. */
	ON(SYS_io_uring_setup, ABSENT),
	/* Other processes of the same user. */
	ON(SYS_ptrace, REFUSED),
	ON(SYS_process_vm_readv, REFUSED),
	ON(SYS_process_vm_writev, REFUSED),
	ON(SYS_pidfd_getfd, REFUSED),
	ON(SYS_open_by_handle_at, REFUSED),
	RETURN(SECCOMP_RET_ALLOW),
};
/* What speaks to others without connect(): sockets of datagrams and such, and a first send that connects (TCP Fast Open). */
static const struct sock_filter unconnected[] = {
	LOAD(nr),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketpair, 0, 12), /* to the sends */
	LOAD(args[0]),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 2, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 7),
	LOAD(args[1]),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf), /* the rest is SOCK_CLOEXEC, SOCK_NONBLOCK */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SOCK_STREAM, 0, 4),
	LOAD(args[2]),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 1),
	RETURN(SECCOMP_RET_ALLOW),
	RETURN(REFUSED),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendto, 3, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendmmsg, 2, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendmsg, 3, 0),
	RETURN(SECCOMP_RET_ALLOW),
	LOAD(args[3]),
	BPF_STMT(BPF_JMP | BPF_JA, 1),
	LOAD(args[2]),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MSG_FASTOPEN, 1, 0),
	RETURN(SECCOMP_RET_ALLOW),
	RETURN(REFUSED),
};
/* Truncating by name, as long as Landlock does not know of it. Servers do it to files that they unlink next. */
static const struct sock_filter refused_before_3[] = {
	LOAD(nr),
	ON(SYS_truncate, PRETENDED),
	RETURN(SECCOMP_RET_ALLOW),
};

static bool filter(const struct sock_filter *f, size_t n)
{
	struct sock_fprog program = { (unsigned short)n, (struct sock_filter *)(uintptr_t)f };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
#endif

bool confine_self(const struct confine *c)
{
#ifdef OURS
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_landlock_restrict_self, c->rules, 0) == 0 &&
	       (c->abi >= 3 || filter(refused_before_3, ARRAY_LEN(refused_before_3))) &&
	       filter(unconnected, ARRAY_LEN(unconnected)) && filter(refused, ARRAY_LEN(refused));
#else
	(void)c;
	errno = ENOSYS;
	return false;
#endif
}
