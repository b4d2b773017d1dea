/*
 * Modem lines for a pseudo-terminal, which has none: preloaded into a program that takes one for a modem's port (QEMU). What the modem
 * shows and what the computer shows are two words of the file that MODEM_LINES names (lines.ts), in the bits of ioctl_tty(2).
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { modem, computer };
static volatile int *lines;

__attribute__((constructor)) static void open_lines(void)
{
	const char *path = getenv("MODEM_LINES");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *shared = mmap(NULL, 2 * sizeof *lines, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared != MAP_FAILED)
		lines = shared;
	close(fd);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	int *argument = va_arg(arguments, int *);
	va_end(arguments);
	int result = syscall(SYS_ioctl, fd, request, argument);
	if (result == 0 || !lines)
		return result;
	if (request == TIOCMGET)
		*argument = lines[modem] | lines[computer];
	else if (request == TIOCMSET)
		lines[computer] = *argument & (TIOCM_DTR | TIOCM_RTS);
	else
		return result;
	return 0;
}
