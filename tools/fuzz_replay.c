/* Runs a fuzz target over files and folders given as arguments: old finds are replayed in every test run,
 * without libFuzzer. Prints how many inputs it ran. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t inputs;

static void run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return;
	static uint8_t bytes[4 << 20];
	size_t n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	uint8_t *exact = malloc(n ? n : 1);      /* so that the sanitizer sees a read past the end */
	if (!exact)
		exit(2);
	for (size_t i = 0; i < n; i++)
		exact[i] = bytes[i];
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	inputs++;
}

static void run_path(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		run_file(path);
		return;
	}
	DIR *d = opendir(path);
	struct dirent *e;
	while (d && (e = readdir(d))) {
		char sub[4096];
		if (e->d_name[0] != '.' && snprintf(sub, sizeof sub, "%s/%s", path, e->d_name) < (int)sizeof sub)
			run_path(sub);
	}
	if (d)
		closedir(d);
}

int main(int argc, char **argv)
{
	run_file("/dev/null");
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	printf("%zu inputs\n", inputs);
	return 0;
}
