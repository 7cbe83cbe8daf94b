/* The engine for programs in C, and for bindings of other languages.
 *
 * Texts given are UTF-8, ended by a zero byte, and copied. Texts received are the caller's: free
 * them with stepwell_free. Functions block until what they did is durable, and may be called from
 * any thread, but not from a handler. */
#ifndef STEPWELL_H
#define STEPWELL_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define STEPWELL_API __attribute__((visibility("default")))
#else
#define STEPWELL_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct stepwell_engine stepwell_engine;
typedef struct stepwell_invocation stepwell_invocation;

/* Set `size` to sizeof(stepwell_options) and everything else that is not wanted to zero. */
typedef struct stepwell_options {
    size_t size;
    const char* directory;  /* where the data is kept; NULL: in memory */
    const char* durability; /* "sync" (also for NULL) or "os" */
    uint32_t shards;        /* threads that run executions; 0: one */
} stepwell_options;

/* Opens an engine. NULL on failure; then *error says why, in one line (error may be NULL).
 * `options` may be NULL. */
STEPWELL_API stepwell_engine* stepwell_open(const stepwell_options* options, char** error);

/* Ends the engine. What was acknowledged is in its directory. */
STEPWELL_API void stepwell_close(stepwell_engine* engine);

/* Any operation of AWS's API: stepwell_call(e, "states", "StartExecution", json, &error).
 * Returns the output's JSON text. NULL on failure; then *error is "Code: message". */
STEPWELL_API char* stepwell_call(stepwell_engine* engine, const char* service,
                                 const char* operation, const char* input, char** error);

/* Waits for the end of an execution; returns what DescribeExecution gives, as JSON text. NULL as
 * above. */
STEPWELL_API char* stepwell_wait_for_execution(stepwell_engine* engine, const char* execution_arn,
                                               char** error);

/* Puts a handler in place of the Lambda function `name`. It is called on a thread of the engine's
 * and must not block; it answers each invocation once, with one of the two functions below, at any
 * time and on any thread. */
typedef void (*stepwell_handler)(void* user, const char* event, stepwell_invocation* invocation);
STEPWELL_API void stepwell_register_function(stepwell_engine* engine, const char* name,
                                             stepwell_handler handler, void* user);
/* The result, JSON text. Returns 0, or 1 when `output` is no JSON: the invocation then fails with
 * Runtime.InvalidOutput. */
STEPWELL_API int stepwell_succeed(stepwell_invocation* invocation, const char* output);
STEPWELL_API void stepwell_fail(stepwell_invocation* invocation, const char* error,
                                const char* cause);

STEPWELL_API void stepwell_free(char* text);

#ifdef __cplusplus
}
#endif

#endif /* STEPWELL_H */
