<?php

/** Whether a request is genuine: $body holds the bytes as received, header names are lower-case. */
function verify(array $headers, string $body, string $secret, int $toleranceSeconds = 300): bool
{
    $timestamp = $headers['x-openclaw-timestamp'] ?? '';
    $signatures = explode(',', $headers['x-openclaw-signature'] ?? '');
    if (!preg_match('/^[0-9]{1,11}$/D', $timestamp) || count($signatures) > 5 || $secret === '') {
        return false;
    }
    if (abs(time() - (int) $timestamp) > $toleranceSeconds) {
        return false;
    }
    $expected = 'sha256=' . hash_hmac('sha256', $timestamp . '.' . $body, $secret);
    foreach ($signatures as $signature) {
        if (hash_equals($expected, $signature)) {
            return true;
        }
    }
    return false;
}
