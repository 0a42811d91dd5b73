<?php

/** Whether a request is genuine: $body holds the bytes as received, header names are lower-case. */
function verify(array $headers, string $body, string $secret, int $toleranceSeconds = 300): bool
{
    $timestamp = $headers['x-openclaw-timestamp'] ?? '';
    $signatures = $headers['x-openclaw-signature'] ?? '';
    if (!preg_match('/^[0-9]{1,11}$/D', $timestamp) || $secret === '') {
        return false;
    }
    if (!preg_match('/^sha256=[0-9a-f]{64}(,sha256=[0-9a-f]{64}){0,4}$/D', $signatures)) {
        return false;
    }
    if (abs(time() - (int) $timestamp) > $toleranceSeconds) {
        return false;
    }
    $expected = 'sha256=' . hash_hmac('sha256', $timestamp . '.' . $body, $secret);
    foreach (explode(',', $signatures) as $signature) {
        if (hash_equals($expected, $signature)) {
            return true;
        }
    }
    return false;
}
