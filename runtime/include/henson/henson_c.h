/* Henson for C, and for whatever calls C: runs traced BERT models without PyTorch.
 *
 *   henson_model* model = NULL;
 *   henson_session* session = NULL;
 *   henson_output* output = NULL;
 *   const int64_t shape[] = {1, 4}, ids[] = {101, 2040, 2001, 102};
 *   const henson_tensor input = {ids, sizeof ids, shape, 2, HENSON_INT64};
 *   if (henson_model_open("traced_bert.pt", NULL, &model) != HENSON_OK ||
 *       henson_session_new(model, NULL, &session) != HENSON_OK ||
 *       henson_session_run(session, &input, 1, &output) != HENSON_OK) {
 *     fprintf(stderr, "%s\n", henson_error_text(henson_last_error()));
 *   }
 *   henson_output_free(output);
 *   henson_session_free(session);
 *   henson_model_free(model);
 *
 * What holds for all functions:
 *
 * Errors. A henson_status is HENSON_OK or says what kind of thing went wrong; then nothing is
 * written through the pointers given for results but NULL or 0, and henson_last_error() has the
 * text. No C++ exception leaves a function, none prints, none ends the process. A NULL where
 * something is needed is HENSON_BAD_INPUT; a handle that was freed, or is of another kind, is not
 * noticed.
 *
 * Ownership. What `..._open`, `..._new`, `..._run` and their like put into `*result` is the
 * caller's, and goes with the `..._free` of its type, which takes NULL too. Handles keep what they
 * need: a model may be freed while its sessions live on. Pointers that a function returns by
 * `const` belong to the handle that was asked and live as long as that; strings that it gives by
 * `char**` go with henson_free. What is passed in is read during the call and not kept, but for
 * henson_model_open_borrowed.
 *
 * Threads. Models, tokenizers, pools, stops, outputs and results may be used by any number of
 * threads at once. A session or a text model serves one call at a time: a second one from another
 * thread meanwhile is HENSON_BAD_INPUT ("busy") for a session, and an error of the caller's for a
 * text model. Any thread may free a handle that no other is using.
 *
 * Text is UTF-8. Paths, names and labels end with a zero byte; texts (henson_text) have a length.
 * Ranges in them are bytes.
 *
 * Options are structs whose first member is their own size, for programs that were compiled
 * against another version: `henson_session_options o = {.size = sizeof o};` and then what is to
 * differ. Zero means the default in every member, and a NULL for the whole struct that all of them
 * are so.
 */
#ifndef HENSON_HENSON_C_H_
#define HENSON_HENSON_C_H_

#include <stddef.h>
#include <stdint.h>

#include "henson/version.h"
#include "henson/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of the library: "0.1.0". The headers' is HENSON_VERSION_MAJOR and its like. */
HENSON_API const char* henson_version(void);
/* The library's own HENSON_ABI_VERSION. */
HENSON_API int32_t henson_abi_version(void);

/* ---- Errors ---------------------------------------------------------------------------------- */

typedef int32_t henson_status;
enum {
  HENSON_OK = 0,
  HENSON_NOT_FOUND = 1,     /* the file cannot be opened */
  HENSON_BAD_ARCHIVE = 2,   /* not a TorchScript archive, or a damaged one */
  HENSON_UNSUPPORTED = 3,   /* a sound archive that needs what Henson does not have */
  HENSON_BAD_INPUT = 4,     /* what the caller gives does not fit */
  HENSON_OUT_OF_MEMORY = 5, /* more than the machine has, or than a run may take */
  HENSON_CANCELLED = 6,     /* a henson_stop ended the run */
  HENSON_INTERNAL = 7       /* a defect of Henson */
};

typedef struct henson_error henson_error;

/* The error of this thread's last call that failed; of status HENSON_OK, and without a text, where
 * none has. Never NULL. Stays as it is until the next call of this thread fails. */
HENSON_API const henson_error* henson_last_error(void);
/* A copy to keep, or to hand to another thread. NULL when there is no memory for it. */
HENSON_API henson_error* henson_error_copy(const henson_error* error);
HENSON_API void henson_error_free(henson_error* error);

/* All of these take NULL for an error that says nothing. */
HENSON_API henson_status henson_error_status(const henson_error* error);
/* One line: the place, what is wrong and what would help. */
HENSON_API const char* henson_error_text(const henson_error* error);
/* The entry of the archive that it is about ("code/model.py"); "" where there is none. */
HENSON_API const char* henson_error_entry(const henson_error* error);
/* The byte in that entry, or -1; the line of its code, from 1, or -1. */
HENSON_API int64_t henson_error_offset(const henson_error* error);
HENSON_API int64_t henson_error_line(const henson_error* error);

/* Frees what a function gave by `char**`. */
HENSON_API void henson_free(void* memory);

/* ---- Tensors --------------------------------------------------------------------------------- */

/* Numbered as PyTorch's. */
enum {
  HENSON_UINT8 = 0,
  HENSON_INT8 = 1,
  HENSON_INT16 = 2,
  HENSON_INT32 = 3,
  HENSON_INT64 = 4,
  HENSON_FLOAT16 = 5,
  HENSON_FLOAT32 = 6,
  HENSON_FLOAT64 = 7,
  HENSON_BOOL = 11,
  HENSON_BFLOAT16 = 15
};

/* A row-major tensor without gaps. As an input it is only read; of an output all pointers are the
 * output's. */
typedef struct henson_tensor {
  const void* data;     /* may be NULL when there are no bytes */
  size_t bytes;         /* of data: size of the dtype times the product of the shape */
  const int64_t* shape; /* rank sizes; may be NULL for rank 0, one number */
  size_t rank;
  int32_t dtype;
} henson_tensor;

/* ---- Threads and memory ---------------------------------------------------------------------- */

/* Threads, and a limit of memory, that sessions share. */
typedef struct henson_pool henson_pool;

typedef struct henson_pool_options {
  size_t size;           /* sizeof(henson_pool_options) */
  int32_t threads;       /* 0: as many as this process can run at once; at most 512 */
  uint64_t memory_limit; /* bytes of all runs together, their outputs included; 0: the machine's */
} henson_pool_options;

HENSON_API henson_status henson_pool_new(const henson_pool_options* options, henson_pool** pool);
/* Its threads end with the last session that has them. */
HENSON_API void henson_pool_free(henson_pool* pool);
/* 0 for NULL. */
HENSON_API int32_t henson_pool_threads(const henson_pool* pool);

/* A way to end runs from another thread. */
typedef struct henson_stop henson_stop;

HENSON_API henson_status henson_stop_new(henson_stop** stop);
HENSON_API void henson_stop_free(henson_stop* stop);
/* Runs of sessions that have it end within some 50 milliseconds, with HENSON_CANCELLED, and so does
 * every later one, until the session is given another stop. From any thread. */
HENSON_API void henson_stop_request(henson_stop* stop);

/* ---- Models ---------------------------------------------------------------------------------- */

/* An opened archive, ready to run. */
typedef struct henson_model henson_model;

typedef struct henson_open_options {
  size_t size;        /* sizeof(henson_open_options) */
  int32_t map;        /* 1: weights stay in the mapped file, or in borrowed memory, which nobody may
                         then change or cut short while the model lives */
  const char* method; /* of the module, to be run; NULL: "forward" */
} henson_open_options;

/* Opens a TorchScript archive and checks all of its bytes. The file stays open, and weights are
 * read from it, and checked again, when a run first needs them. A pipe is read to its end. */
HENSON_API henson_status henson_model_open(const char* path, const henson_open_options* options,
                                           henson_model** model);
/* Likewise of an open file, from its start wherever the descriptor stands. The descriptor stays
 * there, and is the caller's to close at any time after. A pipe or socket is read to its end. */
HENSON_API henson_status henson_model_open_descriptor(int descriptor,
                                                      const henson_open_options* options,
                                                      henson_model** model);
/* Likewise of bytes, which are copied. */
HENSON_API henson_status henson_model_open_copy(const void* data, size_t bytes,
                                                const henson_open_options* options,
                                                henson_model** model);
/* Likewise of bytes that are used where they lie. They must stay as they are until
 * release(context) is called: once, from whichever thread lets go of the last handle that needs
 * them, or before this returns with an error. `release` may be NULL. */
HENSON_API henson_status henson_model_open_borrowed(const void* data, size_t bytes,
                                                    void (*release)(void* context), void* context,
                                                    const henson_open_options* options,
                                                    henson_model** model);
HENSON_API void henson_model_free(henson_model* model);

/* What the archive is and holds, as JSON: of `henson inspect --json`, the members "archive",
 * "inputs", "output", "outputs", "locks", "notes" and "tensors". */
HENSON_API henson_status henson_model_json(const henson_model* model, char** json);

/* What the computation does with an input. */
enum {
  HENSON_ROLE_OTHER = 0,
  HENSON_ROLE_IDS = 1,         /* rows of the table of words */
  HENSON_ROLE_TOKEN_TYPES = 2, /* rows of a table of at most four: the segments */
  HENSON_ROLE_POSITIONS = 3,
  HENSON_ROLE_MASK = 4 /* 1 where there are tokens, as attention uses it */
};

/* All pointers are the model's. */
typedef struct henson_input_info {
  const char* path;            /* by position: "0", "1", "0.attention_mask" */
  const char* name;            /* by the parameter's name in the code: "input_ids" */
  int32_t used;                /* 0: the computation does not read it */
  int32_t role;                /* HENSON_ROLE_... */
  int32_t dtype;               /* of the dummy input; -1 where the archive does not tell */
  int32_t rank;                /* dimensions; -1 where not known */
  const int64_t* traced_shape; /* rank sizes of the dummy input; NULL where not told */
} henson_input_info;

/* How many tensors a run takes; 0 for NULL. */
HENSON_API size_t henson_model_input_count(const henson_model* model);
HENSON_API henson_status henson_model_input(const henson_model* model, size_t index,
                                            henson_input_info* info);
/* The name of a tensor that the archive holds, or NULL past the last. The name of each is in the
 * JSON's "tensors", in the same order, with its shape and dtype. */
HENSON_API const char* henson_model_weight_name(const henson_model* model, size_t index);

/* What a run gives, in the structure that the trace returns. See below. */
typedef struct henson_output henson_output;

/* The elements of a weight, as an output of kind HENSON_TENSOR. */
HENSON_API henson_status henson_model_weight(const henson_model* model, size_t index,
                                             henson_output** tensor);

/* ---- Sessions -------------------------------------------------------------------------------- */

/* The buffers of one caller. */
typedef struct henson_session henson_session;

enum { HENSON_PLAN = 0, HENSON_INTERPRETER = 1 };                   /* fast; slow and exact */
enum { HENSON_FP32 = 0, HENSON_BF16 = 1, HENSON_WEIGHTS_INT8 = 2 }; /* what a plan multiplies in */

typedef struct henson_session_options {
  size_t size;             /* sizeof(henson_session_options) */
  int32_t executor;        /* HENSON_PLAN, HENSON_INTERPRETER */
  int32_t precision;       /* HENSON_FP32, HENSON_BF16, HENSON_WEIGHTS_INT8 */
  int32_t threads;         /* 0: as many as this process can run at once; at most 512 */
  uint64_t memory_limit;   /* bytes that a run may have alive at once; 0: what the machine has */
  const henson_pool* pool; /* whose threads do the work: `threads` is then 0 */
  const henson_stop* stop; /* what may end its runs */
} henson_session_options;

HENSON_API henson_status henson_session_new(const henson_model* model,
                                            const henson_session_options* options,
                                            henson_session** session);
HENSON_API void henson_session_free(henson_session* session);

/* Runs the model on `count` tensors by position, in the order of henson_model_input. Those at the
 * end that the computation does not read may be left out. Ids are [batch, length] in most models,
 * of int64; int32 is taken too. */
HENSON_API henson_status henson_session_run(henson_session* session, const henson_tensor* inputs,
                                            size_t count, henson_output** output);
/* Likewise with inputs by path or by name (henson_input_info), in any order. */
HENSON_API henson_status henson_session_run_named(henson_session* session, const char* const* names,
                                                  const henson_tensor* inputs, size_t count,
                                                  henson_output** output);
/* `sequences` runs as one, of sequences of different lengths, without padding. Each has `count`
 * inputs, as for henson_session_run with a batch of one: `inputs` is those of the first, then those
 * of the second, and so on. `outputs` has room for `sequences` handles: one for each, with the very
 * bits that the sequence gives alone. With `names` (`count` of them) inputs are by name; NULL: by
 * position. */
HENSON_API henson_status henson_session_run_ragged(henson_session* session,
                                                   const char* const* names,
                                                   const henson_tensor* inputs, size_t count,
                                                   size_t sequences, henson_output** outputs);
/* From now on this may end its runs; NULL: nothing. */
HENSON_API henson_status henson_session_stop_with(henson_session* session, const henson_stop* stop);
/* Bytes that are kept for later runs; 0 for NULL. */
HENSON_API uint64_t henson_session_memory(const henson_session* session);

/* ---- Outputs --------------------------------------------------------------------------------- */

/* Kinds of an output. */
enum {
  HENSON_NONE = 0,
  HENSON_TENSOR = 1,
  HENSON_BOOLEAN = 2,
  HENSON_INTEGER = 3,
  HENSON_NUMBER = 4,
  HENSON_STRING = 5,
  HENSON_TUPLE = 6,
  HENSON_LIST = 7,
  HENSON_DICT = 8
};

/* With all of its items: of an output that henson_session_run gave, not of its items. */
HENSON_API void henson_output_free(henson_output* output);
/* HENSON_NONE for NULL. */
HENSON_API int32_t henson_output_kind(const henson_output* output);
/* How many items a tuple, list or dict has; else 0. */
HENSON_API size_t henson_output_size(const henson_output* output);
/* An item, or NULL past the last. It is the output's. */
HENSON_API const henson_output* henson_output_item(const henson_output* output, size_t index);
/* The key of a dict's item; NULL of others, and past the last. */
HENSON_API const char* henson_output_key(const henson_output* output, size_t index);
/* The value of an output of kind HENSON_TENSOR; HENSON_BAD_INPUT of others. */
HENSON_API henson_status henson_output_tensor(const henson_output* output, henson_tensor* tensor);
/* Of HENSON_BOOLEAN (0, 1) and HENSON_INTEGER; 0 of others. */
HENSON_API int64_t henson_output_integer(const henson_output* output);
/* Of HENSON_NUMBER; 0 of others. */
HENSON_API double henson_output_number(const henson_output* output);
/* Of HENSON_STRING, `*bytes` long (`bytes` may be NULL) and with a zero byte behind; else NULL. */
HENSON_API const char* henson_output_string(const henson_output* output, size_t* bytes);
/* All tensors, however deep: tuples and lists by position, dicts in their order. */
HENSON_API size_t henson_output_tensor_count(const henson_output* output);
HENSON_API henson_status henson_output_tensor_at(const henson_output* output, size_t index,
                                                 henson_tensor* tensor);

/* ---- Tokenizers ------------------------------------------------------------------------------ */

typedef struct henson_text {
  const char* data; /* UTF-8; may be NULL when there are no bytes */
  size_t size;      /* bytes, without a zero byte at the end */
} henson_text;

/* Text to ids, and back. */
typedef struct henson_tokenizer henson_tokenizer;
/* Sequences of tokens. */
typedef struct henson_encoding henson_encoding;

/* What is set goes before what the files say: 1 yes, -1 no, 0 as they say. */
typedef struct henson_tokenizer_options {
  size_t size; /* sizeof(henson_tokenizer_options) */
  int32_t lower_case;
  int32_t strip_accents;
  int32_t tokenize_cjk;
  int32_t add_prefix_space;
} henson_tokenizer_options;

enum {
  HENSON_LONGEST_FIRST = 0, /* the longer text loses tokens, until both are of one length */
  HENSON_ONLY_FIRST = 1,
  HENSON_ONLY_SECOND = 2
};
enum { HENSON_SIDE_OF_FILES = 0, HENSON_SIDE_RIGHT = 1, HENSON_SIDE_LEFT = 2 };

typedef struct henson_encode_options {
  size_t size;             /* sizeof(henson_encode_options) */
  int32_t without_special; /* 1: no [CLS] and [SEP], or what the model has for them */
  int32_t truncation;      /* HENSON_LONGEST_FIRST, ... */
  int32_t truncation_side; /* HENSON_SIDE_... */
  int32_t windows;         /* 1: all of the text, in as many sequences as it takes */
  uint64_t max_length;     /* of a sequence in tokens; 0: as the files say */
  uint64_t stride;         /* tokens that a window repeats of the one before */
} henson_encode_options;

/* Of a tokenizer.json, spiece.model, vocab.json, vocab.txt, or a folder with one. */
HENSON_API henson_status henson_tokenizer_open(const char* path,
                                               const henson_tokenizer_options* options,
                                               henson_tokenizer** tokenizer);
HENSON_API void henson_tokenizer_free(henson_tokenizer* tokenizer);

/* The tokens of a text, or of two in one sequence: `pair` may be NULL. */
HENSON_API henson_status henson_tokenizer_encode(const henson_tokenizer* tokenizer,
                                                 henson_text text, const henson_text* pair,
                                                 const henson_encode_options* options,
                                                 henson_encoding** encoding);
/* The text of ids. Those that the vocabulary lacks are left out, and special ones with
 * `skip_special`. */
HENSON_API henson_status henson_tokenizer_decode(const henson_tokenizer* tokenizer,
                                                 const int64_t* ids, size_t count,
                                                 int32_t skip_special, char** text);
/* The token of an id, as the vocabulary writes it, `*bytes` long and without a zero byte behind;
 * NULL when there is none. */
HENSON_API const char* henson_tokenizer_token(const henson_tokenizer* tokenizer, int64_t id,
                                              size_t* bytes);
/* The id of a token, or -1. */
HENSON_API int64_t henson_tokenizer_id(const henson_tokenizer* tokenizer, henson_text token);
/* The largest id and one; 0 for NULL. */
HENSON_API size_t henson_tokenizer_size(const henson_tokenizer* tokenizer);
/* The id of [CLS], [SEP], [PAD], [MASK] or [UNK], or what stands for it; -1 where there is none. */
HENSON_API int64_t henson_tokenizer_cls(const henson_tokenizer* tokenizer);
HENSON_API int64_t henson_tokenizer_sep(const henson_tokenizer* tokenizer);
HENSON_API int64_t henson_tokenizer_pad(const henson_tokenizer* tokenizer);
HENSON_API int64_t henson_tokenizer_mask(const henson_tokenizer* tokenizer);
HENSON_API int64_t henson_tokenizer_unk(const henson_tokenizer* tokenizer);

/* One sequence: each pointer to `size` elements, which are the encoding's. The attention mask is
 * all ones. */
typedef struct henson_sequence {
  size_t size;             /* tokens */
  const int64_t* ids;      /* for the model */
  const int64_t* type_ids; /* likewise */
  const uint32_t* offsets; /* two a token: its first byte in its text, and the one past its last */
  const uint8_t* special;  /* 1: was added around the texts */
  const int8_t* sequences; /* which text it is from: 0, 1; -1 when added */
  const int32_t* words;    /* the number of its word in its text; -1 when added */
  size_t lost;             /* tokens of the texts that max_length left out */
} henson_sequence;

HENSON_API void henson_encoding_free(henson_encoding* encoding);
/* Sequences: 1 without windows; 0 for NULL. */
HENSON_API size_t henson_encoding_count(const henson_encoding* encoding);
HENSON_API henson_status henson_encoding_at(const henson_encoding* encoding, size_t index,
                                            henson_sequence* sequence);

/* ---- Text in, answers out -------------------------------------------------------------------- */

/* A model, its tokenizer and a session. */
typedef struct henson_text_model henson_text_model;

typedef struct henson_text_options {
  size_t size;                               /* sizeof(henson_text_options) */
  const henson_session_options* session;     /* or NULL, as the next two */
  const henson_open_options* open;           /* of henson_text_model_open alone */
  const henson_tokenizer_options* tokenizer; /* likewise */
  const char* vocabulary; /* likewise: a file or folder; NULL: what lies beside the archive */
  int32_t alone;          /* likewise: 1: nothing beside the archive is read but the vocabulary */
  uint64_t max_length;    /* of a sequence in tokens; 0: as many as the model has positions for */
  const char* output;     /* its number, or its key in a dict; NULL: the one that fits */
} henson_text_options;

/* An archive, or the one in a folder, with what lies beside it. */
HENSON_API henson_status henson_text_model_open(const char* path,
                                                const henson_text_options* options,
                                                henson_text_model** model);
/* Of what is open already. */
HENSON_API henson_status henson_text_model_new(const henson_model* model,
                                               const henson_tokenizer* tokenizer,
                                               const henson_text_options* options,
                                               henson_text_model** text_model);
HENSON_API void henson_text_model_free(henson_text_model* model);

enum {
  HENSON_POOLING_AUTO = 0, /* what the folder says, else the model itself, else the mean */
  HENSON_POOLING_MEAN = 1,
  HENSON_POOLING_FIRST = 2,
  HENSON_POOLING_MAX = 3,
  HENSON_POOLING_MEAN_SQRT_LENGTH = 4,
  HENSON_POOLING_WEIGHTED_MEAN = 5,
  HENSON_POOLING_LAST = 6
};
enum {
  HENSON_NORMALIZE = 0,      /* to length 1 */
  HENSON_NOT_NORMALIZED = 1, /* as long as they come */
  HENSON_AS_FOLDER_SAYS = 2
};

typedef struct henson_embed_options {
  size_t size;             /* sizeof(henson_embed_options) */
  int32_t pooling;         /* HENSON_POOLING_... */
  int32_t normalize;       /* HENSON_NORMALIZE, ... */
  const char* prompt;      /* stands before each text; NULL: that of prompt_name, or the folder's */
  const char* prompt_name; /* of the folder's prompts; NULL: the default one */
  uint64_t truncate_to;    /* only the first so many numbers; 0: all */
} henson_embed_options;

/* Rows of floats. */
typedef struct henson_embeddings henson_embeddings;

HENSON_API void henson_embeddings_free(henson_embeddings* embeddings);
/* Rows, and floats in each; 0 for NULL. */
HENSON_API size_t henson_embeddings_count(const henson_embeddings* embeddings);
HENSON_API size_t henson_embeddings_dimensions(const henson_embeddings* embeddings);
/* All rows, one after the other: count times dimensions floats. NULL for NULL. */
HENSON_API const float* henson_embeddings_values(const henson_embeddings* embeddings);

/* A row a text, in their order. */
HENSON_API henson_status henson_embed(henson_text_model* model, const henson_text* texts,
                                      size_t count, const henson_embed_options* options,
                                      henson_embeddings** embeddings);
/* A row a token of one text, special ones too (ColBERT). */
HENSON_API henson_status henson_token_vectors(henson_text_model* model, henson_text text,
                                              const henson_embed_options* options,
                                              henson_embeddings** embeddings);

/* A list of what was found in a text. */
typedef struct henson_findings henson_findings;

/* All pointers are the findings'. */
typedef struct henson_finding {
  uint32_t begin; /* bytes [begin, end) of the text; 0 and 0 where it is of the whole text */
  uint32_t end;
  int64_t number;    /* of the token or class; -1 where there is none */
  const char* label; /* the token, the class, the type of an entity; "" where there is none */
  double score;      /* probability, score or weight, as the function says */
} henson_finding;

HENSON_API void henson_findings_free(henson_findings* findings);
/* 0 for NULL. */
HENSON_API size_t henson_findings_count(const henson_findings* findings);
HENSON_API henson_status henson_findings_at(const henson_findings* findings, size_t index,
                                            henson_finding* finding);

enum {
  HENSON_SCORING_AUTO = 0, /* as the folder or the model says */
  HENSON_SCORING_SOFTMAX = 1,
  HENSON_SCORING_SIGMOID = 2,
  HENSON_SCORING_NONE = 3
};

/* The `guesses` likeliest tokens for each mask token of a text, best first, those of the first mask
 * before those of the second: their ranges are the masks'. Scores are probabilities. */
HENSON_API henson_status henson_fill_mask(henson_text_model* model, henson_text text,
                                          size_t guesses, henson_findings** findings);
/* The score of every class, by number. `pair` may be NULL; `labels` are the names of all classes,
 * or NULL and 0 for those of the folder. */
HENSON_API henson_status henson_classify(henson_text_model* model, henson_text text,
                                         const henson_text* pair, const char* const* labels,
                                         size_t label_count, int32_t scoring,
                                         henson_findings** findings);
/* Every word with its label, in order. */
HENSON_API henson_status henson_tag(henson_text_model* model, henson_text text,
                                    const char* const* labels, size_t label_count,
                                    henson_findings** findings);

enum {
  HENSON_JOIN_FIRST = 0, /* words are joined; a word has the label of its first token */
  HENSON_JOIN_NONE = 1,  /* each token by itself */
  HENSON_JOIN_SIMPLE = 2,
  HENSON_JOIN_AVERAGE = 3,
  HENSON_JOIN_MAX = 4
};

/* The entities of a text, as transformers' pipeline gives them by its aggregation_strategy. */
HENSON_API henson_status henson_entities(henson_text_model* model, henson_text text, int32_t join,
                                         const char* const* labels, size_t label_count,
                                         henson_findings** findings);

typedef struct henson_answer_options {
  size_t size;            /* sizeof(henson_answer_options) */
  uint64_t count;         /* answers, best first; 0: 1 */
  uint64_t longest;       /* of an answer, in tokens; 0: 15 */
  uint64_t window_length; /* of question and context, in tokens; 0: 384 */
  uint64_t stride;        /* tokens that windows share; 0: 128 */
  int32_t may_be_none;    /* 1: "there is no answer" is one: its range is empty */
} henson_answer_options;

/* Spans of the context that answer the question, best first; their ranges are in the context. */
HENSON_API henson_status henson_answer(henson_text_model* model, henson_text question,
                                       henson_text context, const henson_answer_options* options,
                                       henson_findings** findings);
/* The tokens of the vocabulary that weigh something in the text, the heaviest first (SPLADE). */
HENSON_API henson_status henson_sparse(henson_text_model* model, henson_text text,
                                       henson_findings** findings);
/* How well each of `count` texts goes with the query: `scores` has room for as many. */
HENSON_API henson_status henson_rerank(henson_text_model* model, henson_text query,
                                       const henson_text* texts, size_t count, int32_t scoring,
                                       double* scores);
/* The probability that the second text follows the first. */
HENSON_API henson_status henson_next_sentence(henson_text_model* model, henson_text first,
                                              henson_text second, double* probability);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HENSON_HENSON_C_H_ */
