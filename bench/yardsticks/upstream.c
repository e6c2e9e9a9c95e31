/*
 * The service behind every bench: an MCP server that does nothing but answer, in a few microseconds, so that it never is
 * what limits. It looks for the method, copies the id and knows nothing else.
 *
 *   upstream             listens on a free port of 127.0.0.1 and prints `listening URL`
 *   upstream --stdio ... answers each line of stdin; what follows is as in the query below
 *
 * The query of the URL says how it answers: era=legacy (else modern), sse=1 (a call is answered by a stream of events),
 * answer=BYTES (of a call's text), echo=1 (as many as the request has), tools=N (in its list). GET /count says how many
 * calls came. It trusts its clients: it is for benches only.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { max_head = 65536, max_events = 256, max_id = 256 };

typedef struct {
  char *bytes;
  size_t length, room;
} Buffer;

typedef struct {
  int legacy, sse, echo, tools;
  size_t answer;
} Mode;

typedef struct {
  int socket;
  Buffer in, out;
  size_t sent;
} Connection;

static unsigned long calls = 0;

static void reserve(Buffer *buffer, size_t more) {
  if (buffer->length + more <= buffer->room) return;
  while (buffer->room < buffer->length + more) buffer->room = buffer->room ? buffer->room * 2 : 4096;
  buffer->bytes = realloc(buffer->bytes, buffer->room);
  if (!buffer->bytes) abort();
}

static void add(Buffer *buffer, const char *bytes, size_t length) {
  reserve(buffer, length);
  memcpy(buffer->bytes + buffer->length, bytes, length);
  buffer->length += length;
}

static void addText(Buffer *buffer, const char *text) { add(buffer, text, strlen(text)); }

static void addFill(Buffer *buffer, size_t length) {
  reserve(buffer, length);
  memset(buffer->bytes + buffer->length, 'x', length);
  buffer->length += length;
}

static void drop(Buffer *buffer, size_t length) {
  memmove(buffer->bytes, buffer->bytes + length, buffer->length - length);
  buffer->length -= length;
}

static long option(const char *query, const char *name, long otherwise) {
  const char *at = strstr(query, name);
  return at ? atol(at + strlen(name)) : otherwise;
}

static Mode modeOf(const char *query) {
  Mode mode = {
      .legacy = strstr(query, "era=legacy") != NULL,
      .sse = (int)option(query, "sse=", 0),
      .echo = (int)option(query, "echo=", 0),
      .tools = (int)option(query, "tools=", 1),
      .answer = (size_t)option(query, "answer=", 200),
  };
  return mode;
}

/* The value that follows a key, a string or a number, as it stands. */
static const char *valueOf(const char *body, size_t length, const char *key, size_t *size) {
  const char *at = memmem(body, length, key, strlen(key));
  *size = 0;
  if (!at) return NULL;
  const char *end = body + length;
  const char *from = at + strlen(key);
  while (from < end && (*from == ' ' || *from == ':')) from++;
  const char *to = from + (from < end && *from == '"');
  while (to < end && (*from == '"' ? *to != '"' : *to != ',' && *to != '}')) to++;
  if (*from == '"') to++;
  *size = to - from;
  return from;
}

static int is(const char *value, size_t size, const char *text) {
  return value && size == strlen(text) + 2 && memcmp(value + 1, text, size - 2) == 0;
}

static void addTools(Buffer *out, int count) {
  char tool[1024];
  for (int i = 0; i < count; i++) {
    char suffix[16] = "";
    if (i > 0) snprintf(suffix, sizeof suffix, "_%d", i);
    int size = snprintf(tool, sizeof tool,
        "%s{\"name\":\"echo%s\",\"title\":\"Echo %d\",\"description\":\"Answers with a text of the length that was asked "
        "for, as often as was asked for, and with nothing else.\",\"inputSchema\":{\"type\":\"object\",\"properties\":"
        "{\"text\":{\"type\":\"string\",\"description\":\"What to echo.\"},\"times\":{\"type\":\"integer\",\"minimum\":1}},"
        "\"required\":[\"text\"]}}", i > 0 ? "," : "", suffix, i);
    add(out, tool, size);
  }
}

static const char *complete(const Mode *mode) { return mode->legacy ? "" : "\"resultType\":\"complete\","; }

/* Any revision is fine with us; some clients know few. */
static void addInitialized(Buffer *out, const char *body, size_t length) {
  size_t size;
  const char *revision = valueOf(body, length, "\"protocolVersion\":", &size);
  addText(out, "\"result\":{\"protocolVersion\":");
  if (revision) add(out, revision, size);
  else addText(out, "\"2025-11-25\"");
  addText(out, ",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"upstream\",\"version\":\"1\"}}");
}

static void addResult(Buffer *out, const Mode *mode, const char *method, size_t size, const char *body, size_t length) {
  if (is(method, size, "tools/call")) {
    calls++;
    addText(out, "\"result\":{");
    addText(out, complete(mode));
    addText(out, "\"content\":[{\"type\":\"text\",\"text\":\"");
    addFill(out, mode->echo ? length : mode->answer);
    addText(out, "\"}],\"isError\":false}");
  } else if (is(method, size, "tools/list")) {
    addText(out, "\"result\":{");
    addText(out, complete(mode));
    if (!mode->legacy) addText(out, "\"ttlMs\":0,\"cacheScope\":\"private\",");
    addText(out, "\"tools\":[");
    addTools(out, mode->tools);
    addText(out, "]}");
  } else if (is(method, size, "server/discover") && !mode->legacy) {
    addText(out, "\"result\":{\"resultType\":\"complete\",\"ttlMs\":0,\"cacheScope\":\"private\","
                 "\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}}}");
  } else if (is(method, size, "initialize") && mode->legacy) {
    addInitialized(out, body, length);
  } else if (is(method, size, "ping")) {
    addText(out, mode->legacy ? "\"result\":{}" : "\"result\":{\"resultType\":\"complete\"}");
  } else {
    addText(out, "\"error\":{\"code\":-32601,\"message\":\"Method not found\"}");
  }
}

/* Says whether there is an answer: notifications have none. */
static int addMessage(Buffer *out, const Mode *mode, const char *body, size_t length) {
  size_t idSize, methodSize;
  const char *id = valueOf(body, length, "\"id\":", &idSize);
  const char *method = valueOf(body, length, "\"method\":", &methodSize);
  if (!id || !method || idSize > max_id) return 0;
  addText(out, "{\"jsonrpc\":\"2.0\",\"id\":");
  add(out, id, idSize);
  addText(out, ",");
  addResult(out, mode, method, methodSize, body, length);
  addText(out, "}");
  return 1;
}

static void addHttp(Buffer *out, const char *status, const char *type, size_t length) {
  char head[256];
  int size = snprintf(head, sizeof head, "HTTP/1.1 %s\r\ncontent-type: %s\r\ncontent-length: %zu\r\n\r\n", status, type, length);
  add(out, head, size);
}

static void addEvent(Buffer *out, const Buffer *message) {
  char head[256];
  int size = snprintf(head, sizeof head,
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\ntransfer-encoding: chunked\r\n\r\n"
      "%zx\r\nevent: message\ndata: ", message->length + 23);
  add(out, head, size);
  add(out, message->bytes, message->length);
  addText(out, "\n\n\r\n0\r\n\r\n");
}

static void answerPost(Buffer *out, const Mode *mode, const char *body, size_t length) {
  static Buffer message;
  message.length = 0;
  if (!addMessage(&message, mode, body, length)) return addText(out, "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n");
  if (mode->sse && memmem(body, length, "tools/call", 10)) return addEvent(out, &message);
  addHttp(out, "200 OK", "application/json", message.length);
  add(out, message.bytes, message.length);
}

static void answerOther(Buffer *out, const char *head) {
  char count[32];
  if (strncmp(head, "GET /count", 10) != 0) return addText(out, "HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n");
  snprintf(count, sizeof count, "%lu", calls);
  addHttp(out, "200 OK", "text/plain", strlen(count));
  addText(out, count);
}

/* Answers every whole request that has come. Returns 0 for one that is none. */
static int answerAll(Connection *connection) {
  size_t at = 0;
  for (;;) {
    char head[max_head];
    char *from = connection->in.bytes + at;
    size_t left = connection->in.length - at;
    char *end = left > 0 ? memmem(from, left, "\r\n\r\n", 4) : NULL;
    if (!end) break;
    size_t headSize = end + 4 - from;
    if (headSize >= max_head) return 0;
    memcpy(head, from, headSize);
    head[headSize] = 0;
    const char *field = strcasestr(head, "\r\ncontent-length:");
    size_t bodySize = field ? strtoul(field + 17, NULL, 10) : 0;
    if (left < headSize + bodySize) {
      reserve(&connection->in, headSize + bodySize - left);
      break;
    }
    if (strncmp(head, "POST ", 5) == 0) {
      *strstr(head, "\r\n") = 0;
      Mode mode = modeOf(head);
      answerPost(&connection->out, &mode, from + headSize, bodySize);
    } else answerOther(&connection->out, head);
    at += headSize + bodySize;
  }
  if (at > 0) drop(&connection->in, at);
  return 1;
}

typedef enum { over, drained, more } Received;

static Received receive(Connection *connection) {
  reserve(&connection->in, 65536);
  ssize_t room = connection->in.room - connection->in.length;
  ssize_t got = read(connection->socket, connection->in.bytes + connection->in.length, room);
  if (got < 0) return errno == EAGAIN ? drained : over;
  if (got == 0) return over;
  connection->in.length += got;
  if (!answerAll(connection)) return over;
  return got < room ? drained : more;
}

static int transmit(Connection *connection) {
  while (connection->sent < connection->out.length) {
    ssize_t put = write(connection->socket, connection->out.bytes + connection->sent, connection->out.length - connection->sent);
    if (put < 0) return errno == EAGAIN;
    connection->sent += put;
  }
  connection->out.length = connection->sent = 0;
  return 1;
}

static void end(Connection *connection) {
  close(connection->socket);
  free(connection->in.bytes);
  free(connection->out.bytes);
  free(connection);
}

static void takeAll(int poll, int listener) {
  for (;;) {
    int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (socket < 0) return;
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Connection *connection = calloc(1, sizeof *connection);
    connection->socket = socket;
    struct epoll_event wanted = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection};
    epoll_ctl(poll, EPOLL_CTL_ADD, socket, &wanted);
  }
}

/* Edge triggered: a read that was not filled has taken all there is, so most requests cost one read and one write. */
static void serve(Connection *connection) {
  Received received;
  do {
    received = receive(connection);
    if (received == over || !transmit(connection)) return end(connection);
  } while (received == more);
}

static int listenOn(struct sockaddr_in *address) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  socklen_t size = sizeof *address;
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)address, size) || listen(listener, 1024)) return -1;
  getsockname(listener, (struct sockaddr *)address, &size);
  return listener;
}

static int serveHttp(void) {
  struct sockaddr_in address = {0};
  struct epoll_event events[max_events];
  int listener = listenOn(&address);
  int poll = epoll_create1(0);
  struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = NULL};
  if (listener < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &wanted)) return perror("upstream"), 1;
  printf("listening http://127.0.0.1:%d/mcp\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    int count = epoll_wait(poll, events, max_events, -1);
    for (int i = 0; i < count; i++) {
      if (events[i].data.ptr) serve(events[i].data.ptr);
      else takeAll(poll, listener);
    }
  }
}

static int serveStdio(const char *query) {
  Mode mode = modeOf(query);
  Buffer in = {0}, out = {0};
  for (;;) {
    reserve(&in, 65536);
    ssize_t got = read(0, in.bytes + in.length, in.room - in.length);
    if (got <= 0) return 0;
    in.length += got;
    size_t at = 0;
    for (char *line; (line = memchr(in.bytes + at, '\n', in.length - at)); at = line + 1 - in.bytes)
      if (addMessage(&out, &mode, in.bytes + at, line - in.bytes - at)) addText(&out, "\n");
    drop(&in, at);
    for (size_t sent = 0; sent < out.length;) {
      ssize_t put = write(1, out.bytes + sent, out.length - sent);
      if (put < 0) return 1;
      sent += put;
    }
    out.length = 0;
  }
}

int main(int count, char **arguments) {
  signal(SIGPIPE, SIG_IGN);
  if (count > 1 && strcmp(arguments[1], "--stdio") == 0) return serveStdio(count > 2 ? arguments[2] : "");
  return serveHttp();
}
