/* in_c ARCHIVE MASKED_LM VOCABULARY: Henson from C, as henson/henson_c.h documents it. */
#include <fcntl.h>
#include <henson/henson_c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check(henson_status status, const char* what) {
  if (status == HENSON_OK) return;
  fprintf(stderr, "%s: %s\n", what, henson_error_text(henson_last_error()));
  exit(1);
}

static void require(int holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "%s does not hold\n", what);
  exit(1);
}

static henson_text text_of(const char* text) {
  henson_text view = {text, strlen(text)};
  return view;
}

static void* read_file(const char* path, size_t* bytes) {
  FILE* file = fopen(path, "rb");
  require(file != NULL, "the archive is there");
  fseek(file, 0, SEEK_END);
  *bytes = (size_t)ftell(file);
  rewind(file);
  void* data = malloc(*bytes);
  require(fread(data, 1, *bytes, file) == *bytes, "the archive is read");
  fclose(file);
  return data;
}

static void count_release(void* context) { ++*(int*)context; }

/* Runs a model on ids and frees it; the session lives on meanwhile. */
static henson_output* run(henson_model* model) {
  const int64_t ids[] = {11, 2, 31, 4, 5};
  const int64_t shape[] = {1, 5};
  const henson_tensor input = {ids, sizeof ids, shape, 2, HENSON_INT64};
  henson_session* session = NULL;
  henson_output* output = NULL;
  check(henson_session_new(model, NULL, &session), "a session");
  henson_model_free(model);
  check(henson_session_run(session, &input, 1, &output), "a run");
  henson_session_free(session);
  return output;
}

static void require_same(henson_output* a, henson_output* b) {
  const size_t count = henson_output_tensor_count(a);
  require(count == henson_output_tensor_count(b) && count > 0, "as many tensors");
  for (size_t i = 0; i < count; ++i) {
    henson_tensor of_a, of_b;
    check(henson_output_tensor_at(a, i, &of_a), "a tensor");
    check(henson_output_tensor_at(b, i, &of_b), "a tensor");
    require(of_a.bytes == of_b.bytes && memcmp(of_a.data, of_b.data, of_a.bytes) == 0, "same bits");
  }
  henson_output_free(b);
}

static void run_from_everywhere(const char* path) {
  henson_model* model = NULL;
  size_t bytes;
  void* data = read_file(path, &bytes);
  int released = 0;

  check(henson_model_open(path, NULL, &model), "from a path");
  require(henson_model_input_count(model) == 1, "one input");
  henson_input_info info;
  check(henson_model_input(model, 0, &info), "an input");
  require(info.role == HENSON_ROLE_IDS && strcmp(info.path, "0") == 0, "it takes ids");
  char* json = NULL;
  check(henson_model_json(model, &json), "the JSON");
  require(strstr(json, "\"outputs\"") != NULL, "the JSON tells of outputs");
  henson_free(json);
  henson_output* expected = run(model);
  for (size_t i = 0; i < henson_output_size(expected); ++i) {
    henson_tensor tensor;
    check(henson_output_tensor(henson_output_item(expected, i), &tensor), "an item");
    for (size_t d = 0; d < tensor.rank; ++d) printf("%d ", (int)tensor.shape[d]);
  }

  check(henson_model_open_copy(data, bytes, NULL, &model), "from a copy");
  require_same(expected, run(model));

  const henson_open_options options = {.size = sizeof options, .map = 1};
  check(henson_model_open_borrowed(data, bytes, count_release, &released, &options, &model),
        "from memory");
  require(released == 0, "memory is in use");
  require_same(expected, run(model));
  require(released == 1, "memory is given back");

  const int descriptor = open(path, O_RDONLY);
  check(henson_model_open_descriptor(descriptor, NULL, &model), "from a descriptor");
  close(descriptor);
  require_same(expected, run(model));
  henson_output_free(expected);

  require(henson_model_open_borrowed("text", 4, count_release, &released, NULL, &model) ==
              HENSON_BAD_ARCHIVE,
          "text is no archive");
  require(model == NULL && released == 2, "nothing is left of it");
  free(data);
}

static void tell_errors(void) {
  henson_model* model = NULL;
  require(henson_model_open("no such file.pt", NULL, &model) == HENSON_NOT_FOUND, "no file");
  henson_error* kept = henson_error_copy(henson_last_error());
  require(henson_model_open(NULL, NULL, &model) == HENSON_BAD_INPUT, "no path");
  require(strcmp(henson_error_text(henson_last_error()), "the path is NULL") == 0, "it is told");
  require(henson_error_status(kept) == HENSON_NOT_FOUND, "the copy is kept");
  henson_error_free(kept);
}

static void fill_masks(const char* path, const char* vocabulary) {
  const henson_pool_options pool_options = {.size = sizeof pool_options, .threads = 2};
  henson_pool* pool = NULL;
  check(henson_pool_new(&pool_options, &pool), "a pool");
  const henson_session_options session = {.size = sizeof session, .pool = pool};
  const henson_text_options options = {
      .size = sizeof options, .session = &session, .vocabulary = vocabulary};
  henson_text_model* model = NULL;
  check(henson_text_model_open(path, &options, &model), "a text model");
  henson_pool_free(pool);
  henson_findings* findings = NULL;
  check(henson_fill_mask(model, text_of("Jim Henson was a [MASK]."), 3, &findings), "guesses");
  require(henson_findings_count(findings) == 3, "three guesses");
  henson_finding first, last;
  check(henson_findings_at(findings, 0, &first), "a guess");
  check(henson_findings_at(findings, 2, &last), "a guess");
  require(first.begin == 17 && first.end == 23, "the mask's place");
  require(first.score >= last.score && first.number >= 0, "the best comes first");
  printf("%s\n", first.label);
  henson_findings_free(findings);
  henson_text_model_free(model);
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  require(henson_abi_version() == HENSON_ABI_VERSION, "the library is of this header");
  run_from_everywhere(argv[1]);
  tell_errors();
  fill_masks(argv[2], argv[3]);
  return 0;
}
