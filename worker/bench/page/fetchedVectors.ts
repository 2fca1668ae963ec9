// Stands for worker/test/vectors.ts in the browser: browserMain.ts serves the recordings. A worker may wait for an answer.

function fetchNow(path: string): XMLHttpRequest {
  const request = new XMLHttpRequest();
  request.open("GET", `/vectors/${path}`, false);
  request.responseType = "arraybuffer";
  request.send();
  return request;
}

export function hasVectors(folder: string): boolean {
  return fetchNow(`${folder}/`).status === 200;
}

export function readVector(path: string): Uint8Array {
  const { status, response } = fetchNow(path);
  if (status !== 200) throw new Error(`no recording ${path}`);
  return new Uint8Array(response as ArrayBuffer);
}

export function readVectorJson<T>(path: string): T {
  return JSON.parse(new TextDecoder().decode(readVector(path))) as T;
}
